import type { Dimension } from '@tcpscope/filter';
import { formatAddress, parseAddress } from '../enrich/address.js';

/** A value of a dimension as people write it: addresses in canonical form, IPv4 dotted; ports are numbers. */
export function keyValue({ type }: Dimension, value: unknown): string | number {
  if (type === 'ip') {
    return addressText(String(value));
  }
  return typeof value === 'number' ? value : String(value);
}

/** An address as the store prints it (IPv4 as ::ffff:10.0.0.1, ::a00:1 as ::10.0.0.1), in canonical form. */
export function addressText(stored: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(stored);
  if (mapped) {
    return mapped[1]!;
  }
  const value = parseAddress(stored);
  return value === null ? stored : formatAddress(value);
}

/** Reads addresses as `addressText` does, each once: connections are many, hosts are few. */
export function addressReader(): (stored: unknown) => string {
  const known = new Map<unknown, string>();
  return (stored) => {
    const text = known.get(stored) ?? addressText(String(stored));
    known.set(stored, text);
    return text;
  };
}
