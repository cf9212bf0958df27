/** The built modules, which rollup inlines (rollup.config.js). */
declare module 'hv-kvp:wasm/*' {
  export const base64: string;
}
