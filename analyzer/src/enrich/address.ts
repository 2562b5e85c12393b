import { isIPv4, isIPv6 } from 'node:net';

/** Addresses are 128-bit numbers here; IPv4 is ::ffff:a.b.c.d, as in batches and in the store. */
export interface AddressRange {
  readonly from: bigint;
  /** Inclusive. */
  readonly to: bigint;
}

const mapped = 0xffff_0000_0000n;
export const wholeSpace: AddressRange = { from: 0n, to: (1n << 128n) - 1n };

/** The number of an address, or null when the text is not one. Scoped addresses (`fe80::1%eth0`) are not addresses. */
export function parseAddress(text: string): bigint | null {
  if (isIPv4(text)) {
    return mapped | parseV4(text);
  }
  return isIPv6(text) && !text.includes('%') ? parseV6(text) : null;
}

function parseV4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = parseV4(dotted[2]!);
    text = `${dotted[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const [left = '', right] = text.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/**
 * Reads `10.1.0.0/16`, `2001:db8::/32`, `10.0.0.1`, `10.0.0.1-10.0.0.9`. Returns the range, or a sentence that says
 * what is wrong with the text. Bits behind the prefix are refused: they are more often a typing error than a wish.
 */
export function parseRange(text: string): AddressRange | string {
  const trimmed = text.trim();
  if (trimmed.includes('/')) {
    return parsePrefix(trimmed);
  }
  const parts = trimmed.split('-');
  if (parts.length > 2) {
    return `"${text}" is not an address, a prefix or a range`;
  }
  const [from, to] = [parts[0]!.trim(), (parts[1] ?? parts[0]!).trim()];
  const first = parseAddress(from);
  const last = parseAddress(to);
  if (first === null || last === null) {
    return `"${first === null ? from : to}" is not an IPv4 or IPv6 address`;
  }
  if (isIPv4(from) !== isIPv4(to)) {
    return `"${text}" mixes IPv4 and IPv6`;
  }
  return first <= last ? { from: first, to: last } : `"${text}" ends before it begins`;
}

function parsePrefix(text: string): AddressRange | string {
  const at = text.indexOf('/');
  const address = text.slice(0, at);
  const length = text.slice(at + 1);
  const base = parseAddress(address);
  if (base === null) {
    return `"${address}" is not an IPv4 or IPv6 address`;
  }
  const bits = isIPv4(address) ? 32 : 128;
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    return `"/${length}" is not a prefix length of 0 to ${bits}`;
  }
  const host = (1n << BigInt(bits - Number(length))) - 1n;
  if ((base & host) !== 0n) {
    return `"${text}" has bits behind its prefix; did you mean "${formatAddress(base & ~host)}/${length}"?`;
  }
  return { from: base, to: base | host };
}

/** Dotted for IPv4 (also mapped), eight plain groups for IPv6. */
export function formatAddress(value: bigint): string {
  if (value >> 32n === 0xffffn) {
    return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return groups.join(':').replace(/(^|:)(0(:|$)){2,}/, '::');
}
