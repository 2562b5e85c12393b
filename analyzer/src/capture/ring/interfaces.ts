import { readdirSync, readFileSync } from 'node:fs';
import { errorKinds, TcpscopeError } from '../../errors.js';

/** LINKTYPE_* of what packet sockets deliver, and the bytes of that link header. */
export interface LinkLayer {
  readonly linkType: number;
  readonly header: 14 | 0;
}

const ETHERNET: LinkLayer = { linkType: 1, header: 14 };
const RAW_IP: LinkLayer = { linkType: 101, header: 0 };

/** Hardware types (ARPHRD_*, linux/if_arp.h) that we know the link header of. */
const layers: Readonly<Record<number, LinkLayer>> = {
  1: ETHERNET,
  772: ETHERNET, // loopback
  512: RAW_IP, // PPP
  768: RAW_IP, // IP in IP
  776: RAW_IP, // 6in4
  65534: RAW_IP, // tun, WireGuard
};

const NET = '/sys/class/net';

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

export function interfaceNames(): string[] {
  try {
    return readdirSync(NET).filter((name) => read(`${NET}/${name}/type`) !== null);
  } catch {
    return [];
  }
}

/** The link layer of an interface. Throws when it does not exist, or speaks a link we do not decode. */
export function linkLayerOf(name: string): LinkLayer {
  const type = read(`${NET}/${name}/type`);
  if (type === null) {
    throw new TcpscopeError(errorKinds.captureInterfaceMissing, [name, interfaceNames().join(', ') || 'none']);
  }
  const layer = layers[Number(type)];
  if (layer === undefined) {
    throw new TcpscopeError(errorKinds.captureFailed, [name, `its link type (hardware type ${type}) is not decoded`]);
  }
  return layer;
}

export function isLoopback(name: string): boolean {
  return read(`${NET}/${name}/type`) === '772';
}

/** The interface is set up (IFF_UP), whether or not there is a carrier. */
export function isUp(name: string): boolean {
  return (Number(read(`${NET}/${name}/flags`) ?? 0) & 1) !== 0;
}

/**
 * The interface to capture on when none is named: that of the default route, else the first one that is up and not the
 * loopback, else the loopback.
 */
export function defaultInterface(): string {
  const route = (read('/proc/net/route') ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .find((parts) => parts[1] === '00000000' && parts[7] === '00000000');
  if (route?.[0] !== undefined) {
    return route[0];
  }
  const names = interfaceNames();
  const up = names.filter((name) => !isLoopback(name) && read(`${NET}/${name}/operstate`) !== 'down');
  return up[0] ?? 'lo';
}

/** Packets that the card or its driver dropped since boot; null when the interface does not say. */
export function interfaceDrops(name: string): number | null {
  const dropped = read(`${NET}/${name}/statistics/rx_dropped`);
  const missed = read(`${NET}/${name}/statistics/rx_missed_errors`);
  return dropped === null && missed === null ? null : Number(dropped ?? 0) + Number(missed ?? 0);
}

/** Packets that the kernel dropped before any socket saw them, since boot, all interfaces together; null when unknown. */
export function softnetDrops(): number | null {
  const lines = read('/proc/net/softnet_stat');
  return lines === null
    ? null
    : lines.split('\n').reduce((sum, line) => sum + parseInt(line.split(/\s+/)[1] ?? '0', 16), 0);
}
