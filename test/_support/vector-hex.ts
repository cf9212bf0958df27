/** The byte notation of the vectors (test/vectors/driver/README.md): hex, with `+0*N` for N trailing zero bytes. */

export function bytesOf(notation: string): Uint8Array {
  const [hex = '', zeros] = notation.split('+0*');
  const head = Buffer.from(hex, 'hex');
  const bytes = new Uint8Array(head.length + Number(zeros ?? 0));
  bytes.set(head);
  return bytes;
}

/** Lower-case hex of all bytes; compare both sides in this form. */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
