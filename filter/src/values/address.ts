/**
 * Addresses are compared as 32 hexadecimal digits of their 16 bytes, IPv4 as ::ffff:a.b.c.d, as the store keeps them:
 * such keys sort like the addresses.
 */
export type AddressKey = string;

/** Both ends belong to it. */
export interface AddressRange {
  readonly low: AddressKey;
  readonly high: AddressKey;
}

const mapped = '00000000000000000000ffff';
const firstMapped = `${mapped}00000000`;
const lastMapped = `${mapped}ffffffff`;
const beforeMapped = '00000000000000000000fffeffffffff';
const afterMapped = '00000000000000000001000000000000';

/** The longest spelling: six groups of four digits and a dotted address. */
const longest = 45;

/**
 * Reads the spellings that inet_pton reads. Not left to a library: ipaddr.js takes ::10.0.0.1, which ClickHouse prints for
 * ::a00:1, for 10.0.0.1, and it takes 010.0.0.1 for 8.0.0.1.
 */
function bytesOf(text: string): number[] | null {
  if (text.length > longest) {
    return null;
  }
  if (!text.includes(':')) {
    const four = dottedBytes(text);
    return four === null ? null : [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...four];
  }
  const halves = text.split('::');
  const [head, tail] = halves.map((half, i) => groupBytes(half, i === halves.length - 1));
  if (halves.length === 1) {
    return head?.length === 16 ? head : null;
  }
  const missing = 16 - (head?.length ?? 16) - (tail?.length ?? 16);
  // The :: stands for one group of zeros at least.
  return halves.length === 2 && head && tail && missing >= 2
    ? [...head, ...Array.from({ length: missing }, () => 0), ...tail]
    : null;
}

function dottedBytes(text: string): number[] | null {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? parts.map(Number) : null;
}

/** Groups between colons; only the last of an address may be dotted. */
function groupBytes(text: string, last: boolean): number[] | null {
  const groups = text === '' ? [] : text.split(':');
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    const dotted = last && i === groups.length - 1 && group.includes('.') ? dottedBytes(group) : null;
    if (dotted === null && !/^[0-9a-f]{1,4}$/i.test(group)) {
      return null;
    }
    const value = parseInt(group, 16);
    bytes.push(...(dotted ?? [value >> 8, value & 0xff]));
  }
  return bytes;
}

const keyOf = (bytes: readonly number[]) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOfKey = (key: AddressKey) => Array.from({ length: 16 }, (_, i) => parseInt(key.slice(2 * i, 2 * i + 2), 16));

/** The key of an address, or null when the text is none. IPv4 needs its four decimal parts. */
export function addressKey(text: string): AddressKey | null {
  const bytes = bytesOf(text);
  return bytes === null ? null : keyOf(bytes);
}

export function isIPv4(key: AddressKey): boolean {
  return key.startsWith(mapped);
}

/** Dotted IPv4, or IPv6 after RFC 5952: lower case, the longest run of two or more zero groups as ::. */
export function addressText(key: AddressKey): string {
  if (isIPv4(key)) {
    return bytesOfKey(key).slice(12).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) => parseInt(key.slice(4 * i, 4 * i + 4), 16).toString(16)).join(':');
  const [run] = [...groups.matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  if (run === undefined) {
    return groups;
  }
  const [before, after] = [groups.slice(0, run.index), groups.slice(run.index + run[0].length)];
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

/** How the store reads it: IPv6, IPv4 as ::ffff:a.b.c.d. */
export function storedText(key: AddressKey): string {
  return isIPv4(key) ? `::ffff:${addressText(key)}` : addressText(key);
}

/**
 * The canonical form of a network, host bits cleared; null when it is none. A network inside ::ffff:0:0/96 is IPv4.
 * `prefix` counts the bits of the family as written.
 */
export function networkOf(text: string, prefix: number): { address: string; prefix: number } | null {
  const key = addressKey(text);
  const bits = key !== null && !text.includes(':') ? prefix + 96 : prefix;
  if (key === null || !Number.isInteger(prefix) || prefix < 0 || bits > 128) {
    return null;
  }
  const { low } = range(key, bits);
  return { address: addressText(low), prefix: isIPv4(low) && bits >= 96 ? bits - 96 : bits };
}

function range(key: AddressKey, bits: number): AddressRange {
  const bytes = bytesOfKey(key);
  const hostMask = (i: number) => 0xff >> Math.min(8, Math.max(0, bits - 8 * i));
  return {
    low: keyOf(bytes.map((byte, i) => byte & ~hostMask(i) & 0xff)),
    high: keyOf(bytes.map((byte, i) => byte | hostMask(i))),
  };
}

/**
 * The addresses of a network in canonical form. Families stay apart: ::/0 is every IPv6 address and no IPv4 address,
 * although the store keeps IPv4 inside ::ffff:0:0/96, so that network has two ranges.
 */
export function networkRanges(network: { address: string; prefix: number }): readonly AddressRange[] {
  const key = addressKey(network.address);
  if (key === null) {
    return [];
  }
  const four = !network.address.includes(':');
  const whole = range(key, four ? network.prefix + 96 : network.prefix);
  if (four || whole.low > firstMapped || whole.high < lastMapped) {
    return [whole];
  }
  return [
    { low: whole.low, high: beforeMapped },
    { low: afterMapped, high: whole.high },
  ].filter(({ low, high }) => low <= high);
}
