/** An IPv4 address as ::ffff:a.b.c.d. */
export function writeAddress4(to: Uint8Array, at: number, address: number): void {
  to[at + 10] = 0xff;
  to[at + 11] = 0xff;
  to[at + 12] = address >>> 24;
  to[at + 13] = (address >>> 16) & 0xff;
  to[at + 14] = (address >>> 8) & 0xff;
  to[at + 15] = address & 0xff;
}

export function writeAddress6(to: Uint8Array, at: number, words: Int32Array, from: number): void {
  for (let word = 0; word < 4; word++) {
    const value = words[from + word] as number;
    to[at + word * 4] = value >>> 24;
    to[at + word * 4 + 1] = (value >>> 16) & 0xff;
    to[at + word * 4 + 2] = (value >>> 8) & 0xff;
    to[at + word * 4 + 3] = value & 0xff;
  }
}
