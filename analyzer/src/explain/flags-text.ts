const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
/** The order in which people say them. */
const order = [1, 0, 2, 3, 4, 5, 6, 7] as const;

/** `SYN+ACK`; `none` without any. */
export function flagsText(flags: number): string {
  const set = order.filter((bit) => (flags & (1 << bit)) !== 0).map((bit) => names[bit]);
  return set.length === 0 ? 'none' : set.join('+');
}
