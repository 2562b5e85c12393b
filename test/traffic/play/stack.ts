/** What tells one operating system's TCP from another's: as in the tables of passive fingerprinting. */
export interface Stack {
  readonly name: 'linux' | 'windows' | 'macos' | 'appliance' | 'embedded';
  /** Time to live of packets as they are sent. */
  readonly ttl: number;
  /** Window of the SYN, unscaled. */
  readonly synWindow: number;
  /** Usual window field once the connection stands. */
  readonly window: number;
  readonly windowScale: number | null;
  readonly timestamps: boolean;
  readonly sack: boolean;
  /** What counts up the IPv4 identification: each connection, the host as a whole, or nothing. */
  readonly ids: 'connection' | 'host' | 'zero';
  readonly ports: readonly [low: number, high: number];
  /** SYNs in all, and the seconds waited after each but the last. */
  readonly synWaits: readonly number[];
  /** SYNs that are tried again after a RST (Windows does, twice, half a second apart). */
  readonly retriesRefused: number;
}

const ephemeral = [49152, 65535] as const;

export const linux: Stack = {
  name: 'linux',
  ttl: 64,
  synWindow: 64240,
  window: 501,
  windowScale: 7,
  timestamps: true,
  sack: true,
  ids: 'connection',
  ports: [32768, 60999],
  synWaits: [1, 2, 4, 8, 16, 32],
  retriesRefused: 0,
};

export const windows: Stack = {
  name: 'windows',
  ttl: 128,
  synWindow: 64240,
  window: 1026,
  windowScale: 8,
  timestamps: false,
  sack: true,
  ids: 'host',
  ports: ephemeral,
  synWaits: [1, 2, 4, 8],
  retriesRefused: 2,
};

export const macos: Stack = {
  name: 'macos',
  ttl: 64,
  synWindow: 65535,
  window: 2058,
  windowScale: 6,
  timestamps: true,
  sack: true,
  ids: 'zero',
  ports: ephemeral,
  synWaits: [1, 1, 1, 1, 1, 2, 4, 8, 16],
  retriesRefused: 0,
};

/** Load balancers and firewalls that end connections themselves. */
export const appliance: Stack = {
  name: 'appliance',
  ttl: 255,
  synWindow: 4380,
  window: 4380,
  windowScale: null,
  timestamps: false,
  sack: true,
  ids: 'host',
  ports: [1025, 65534],
  synWaits: [3, 6, 12],
  retriesRefused: 0,
};

/** Printers, cameras, door locks. */
export const embedded: Stack = {
  name: 'embedded',
  ttl: 64,
  synWindow: 5840,
  window: 5840,
  windowScale: null,
  timestamps: false,
  sack: false,
  ids: 'host',
  ports: [1024, 5000],
  synWaits: [3, 6],
  retriesRefused: 0,
};

const NOP = 1;
const cache = new Map<string, Uint8Array>();

/**
 * Options of a SYN or SYN+ACK in the order in which the stack writes them.
 * @param peer the stack whose SYN is answered: what it did not offer is not answered
 * @returns the options; timestamps are zero, see `timestampAt`
 */
export function synOptions(stack: Stack, mss: number, peer: Stack | null): Uint8Array {
  const key = `${stack.name} ${mss} ${peer?.name}`;
  let options = cache.get(key);
  if (options === undefined) {
    options = Uint8Array.from(optionBytes(stack, mss, peer));
    cache.set(key, options);
  }
  return options;
}

function optionBytes(stack: Stack, mss: number, peer: Stack | null): number[] {
  const segment = [2, 4, mss >> 8, mss & 255];
  const sack = stack.sack && peer?.sack !== false ? [4, 2] : [];
  const scale = stack.windowScale !== null && peer?.windowScale !== null ? [3, 3, stack.windowScale] : [];
  const stamp = stack.timestamps && peer?.timestamps !== false ? [8, 10, 0, 0, 0, 0, 0, 0, 0, 0] : [];
  let bytes: number[];
  switch (stack.name) {
    case 'linux':
      bytes = [...segment];
      bytes.push(...(stamp.length > 0 ? sack : sack.length > 0 ? [NOP, NOP, ...sack] : []), ...stamp);
      bytes.push(...(scale.length > 0 ? [NOP, ...scale] : []));
      break;
    case 'macos':
      bytes = [...segment, ...(scale.length > 0 ? [NOP, ...scale] : [])];
      bytes.push(...(stamp.length > 0 ? [NOP, NOP, ...stamp] : []), ...sack);
      break;
    default:
      bytes = [...segment, ...(scale.length > 0 ? [NOP, ...scale] : [])];
      bytes.push(...(sack.length > 0 ? [NOP, NOP, ...sack] : []));
  }
  while (bytes.length % 4 !== 0) {
    bytes.push(0);
  }
  return bytes;
}

/** Where the options have their timestamp value; -1 when there is none. */
export function timestampAt(options: Uint8Array): number {
  for (let at = 0; at < options.length;) {
    const kind = options[at];
    if (kind === 8) {
      return at + 2;
    }
    at += kind === 0 || kind === NOP ? 1 : (options[at + 1] ?? 1);
  }
  return -1;
}
