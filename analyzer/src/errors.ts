/**
 * The catalogue of errors. Every error a user or a program meets has a stable code, an HTTP status and a message that
 * says what to do; docs/errors.md is made from this file. `%s` takes the arguments in order. Nothing else throws strings.
 */
export interface ErrorKind {
  readonly code: string;
  /** HTTP status when the error reaches the API. */
  readonly status: number;
  readonly message: string;
}

function kind(code: string, status: number, message: string): ErrorKind {
  return { code: `TCPS_E_${code}`, status, message };
}

export const errorKinds = {
  // Capture
  captureNotPermitted: kind(
    'CAPTURE_NOT_PERMITTED',
    403,
    'No permission to capture on %s. Run as root or grant CAP_NET_RAW (docs/operations.md).'
  ),
  captureInterfaceMissing: kind(
    'CAPTURE_INTERFACE_MISSING',
    404,
    'No network interface named "%s". Interfaces here: %s.'
  ),
  captureFailed: kind('CAPTURE_FAILED', 500, 'Capture on %s failed: %s.'),
  captureFilter: kind('CAPTURE_FILTER', 400, 'The packet filter "%s" does not compile: %s.'),
  capturePcapMissing: kind(
    'CAPTURE_PCAP_MISSING',
    501,
    'A packet filter of your own needs libpcap, which is not installed (Debian: libpcap0.8). Use "default" or "none".'
  ),
  captureUnsupported: kind('CAPTURE_UNSUPPORTED', 501, 'Live capture needs Linux; read a capture file here instead.'),
} as const satisfies Record<string, ErrorKind>;

/** An error of the catalogue. `position` and `hint` are for filters: where it went wrong and what was meant. */
export class TcpscopeError extends Error {
  readonly code: string;
  readonly status: number;
  position?: number;
  hint?: string;

  constructor(kind: ErrorKind, args: ReadonlyArray<string | number> = [], options?: { cause?: unknown }) {
    const rest = [...args];
    super(
      kind.message.replace(/%s/g, () => String(rest.shift())),
      options
    );
    this.name = 'TcpscopeError';
    this.code = kind.code;
    this.status = kind.status;
  }
}
