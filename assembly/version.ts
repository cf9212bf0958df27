/** Version of the ABI between this module and src/engine/wasm.ts. */
export function version(): i32 {
  return 1;
}
