import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { ApiConfig } from './config.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host) || isIPv6(host)) {
    return loopback.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
  }
  return host.toLowerCase() === 'localhost';
}

/** Refuses to open the API to others without knowing who they are. Throws `apiExposed`. */
export function refuseExposure({ host, token, tls }: ApiConfig): void {
  if (!isLoopback(host) && token === undefined && tls?.clientCa === undefined) {
    throw new TcpscopeError(errorKinds.apiExposed, [host]);
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Who may ask what. */
export class Gate {
  private readonly expected: Buffer | null;

  constructor(private readonly config: ApiConfig) {
    this.expected = config.token === undefined ? null : digest(config.token);
  }

  /** Whether a token is asked for at all. */
  get isLocked(): boolean {
    return this.expected !== null;
  }

  /** Whether a request carries the token; hashes are compared, so the time tells nothing of it. */
  knows(authorization: string | undefined): boolean {
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    return this.expected === null || (token !== undefined && timingSafeEqual(digest(token), this.expected));
  }

  /**
   * Whether the name under which a request was sent is one of ours. Without a token this keeps out web pages whose own name
   * was made to point here (DNS rebinding); with one, or with client certificates, they could not ask anyway.
   */
  answersFor(hostHeader: string | undefined): boolean {
    if (this.isLocked || this.config.tls?.clientCa !== undefined) {
      return true;
    }
    const name = hostName(hostHeader ?? '');
    return isLoopback(name) || name.toLowerCase() === this.config.host.toLowerCase();
  }
}

/** `127.0.0.1:8477` and `[::1]:8477` without the port. */
export function hostName(header: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? [];
  return bracketed ?? plain ?? '';
}
