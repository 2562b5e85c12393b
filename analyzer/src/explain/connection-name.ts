import { parseAddress } from '../enrich/address.js';
import { vlanNameOf } from './tuple.js';

/** One end as somebody writes it down: what is left out fits everything. */
export interface EndName {
  /** 128 bits; IPv4 as ::ffff:a.b.c.d. */
  readonly address: bigint | null;
  readonly port: number | null;
}

/** How somebody names a connection. */
export type ConnectionName =
  /** Wireshark's `tcp.stream`, from 0. */
  | { readonly kind: 'stream'; readonly stream: number }
  /** The id that the API gives: it begins with the connection's start, nanoseconds since 1970. */
  | { readonly kind: 'id'; readonly start: bigint }
  /**
   * One end or both; without `to` it may be either of them. `vlans` as `vlanNameOf` puts tags together; null for any. `at` is
   * what the time begins with at which it began (UTC), `2026-01-02T12:00:00.5` or without the date; null for any.
   */
  | {
      readonly kind: 'ends';
      readonly from: EndName;
      readonly to: EndName | null;
      readonly vlans: number | null;
      readonly at: string | null;
    };

const STREAM = /^(?:#|(?:tcp\.)?stream\s*(?:==|=|eq|:)?\s*)?(\d{1,9})$/i;
/** Behind the ends: the tags of its packets, the outermost first. */
const VLANS = /\s+vlans?\s+(none|\d{1,4}(?:[.,/]\d{1,4})*)$/i;
/** Behind these: when it began. */
const AT = /\s+at\s+(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d:\d\d:\d\d(?:\.\d{1,9})?)Z?$/i;
const ID = /^[0-9a-f]{32}$/i;
/** What stands between two ends: arrows of every kind, a comma, "to". */
const ARROW = /\s*(?:<?[-=─━]*[>→⇒▶]|<[-=─━]+|[←⇐◀]|↔|⇄|,|\sto\s|\s-\s)\s*/;

/**
 * Reads what a user types or copies: `client:port > server:port` (also as tcpdump, this program's report and Zeek write
 * it: `10.0.0.1.40000 > 10.0.0.2.80`, `10.0.0.1 40000 → 10.0.0.2 80`, four words), one end alone (`10.0.0.2:443`,
 * `10.0.0.2`, `:443`), an id, or a Wireshark stream (`3`, `tcp.stream eq 3`). Behind the ends may stand `vlan 10`,
 * `vlan 10.5` (outer, inner) or `vlan none`, and behind that `at 12:00:00.5`. Null for anything else.
 */
export function parseConnectionName(text: string): ConnectionName | null {
  const trimmed = text.trim();
  const stream = STREAM.exec(trimmed);
  if (stream !== null) {
    return { kind: 'stream', stream: Number(stream[1]) };
  }
  if (ID.test(trimmed)) {
    return { kind: 'id', start: BigInt(`0x${trimmed.slice(0, 16)}`) };
  }
  const timed = AT.exec(trimmed);
  const named = timed === null ? trimmed : trimmed.slice(0, timed.index);
  const at = timed === null ? null : `${timed[1] === undefined ? '' : `${timed[1]}T`}${timed[2]}`;
  const tagged = VLANS.exec(named);
  const vlans = tagged === null ? null : parseVlans(tagged[1] as string);
  const parts = partsOf(tagged === null ? named : named.slice(0, tagged.index));
  if (parts === null) {
    return null;
  }
  const [from, to] = parts.map(parseEnd);
  if (from === undefined || from === null || to === null) {
    return null;
  }
  return { kind: 'ends', from, to: to ?? null, vlans, at };
}

function parseVlans(text: string): number {
  const tags = text.toLowerCase() === 'none' ? [] : text.split(/[.,/]/).map(Number);
  return vlanNameOf(tags, tags.length);
}

function partsOf(text: string): string[] | null {
  const parts = text.split(ARROW).filter((part) => part !== '');
  const words = text.split(/\s+/);
  if (parts.length === 1 && words.length === 4) {
    return [`${words[0]} ${words[1]}`, `${words[2]} ${words[3]}`];
  }
  if (parts.length === 1 && words.length === 2 && !/^\d+$/.test(words[1] ?? '') && !/^port$/i.test(words[0] ?? '')) {
    return words;
  }
  return parts.length === 1 || parts.length === 2 ? parts : null;
}

const anyAddress = /^(?:\*|any)?$/i;

function parseEnd(text: string): EndName | null {
  // tcpdump ends the line's addresses with a colon.
  const end = text.trim().replace(/(?<=\d):$/, '');
  const whole = parseAddress(end.replace(/^\[(.*)\]$/, '$1'));
  if (whole !== null) {
    return { address: whole, port: null };
  }
  const named = /^(?:(.*?)\s+)?port\s+(\d{1,5})$/i.exec(end) ?? /^(.*?)(?::|\s+|\.|#)(\d{1,5}|\*)$/.exec(end);
  if (named === null) {
    return null;
  }
  const host = (named[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  const address = anyAddress.test(host) ? null : parseAddress(host);
  const port = named[2] === '*' ? null : Number(named[2]);
  if ((address === null && !anyAddress.test(host)) || (port !== null && port > 65_535)) {
    return null;
  }
  return { address, port };
}
