import ipaddr from 'ipaddr.js';

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

/** The longest spelling: eight groups of four, or six and a dotted address. */
const longest = 45;

function bytesOf(text: string): number[] | null {
  if (text.length > longest) {
    return null;
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return ipaddr.IPv4.parse(text).toIPv4MappedAddress().toByteArray();
  }
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? ipaddr.IPv6.parse(text).toByteArray() : null;
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

/** Dotted IPv4, or IPv6 after RFC 5952. */
export function addressText(key: AddressKey): string {
  const bytes = bytesOfKey(key);
  return isIPv4(key) ? bytes.slice(12).join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
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
