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
  fileUnreadable: kind('FILE_UNREADABLE', 404, 'Cannot read %s: %s.'),
  fileFormat: kind('FILE_FORMAT', 400, '%s is not a capture file: %s. Pcap and pcapng are read, also gzipped.'),
  fileDamaged: kind('FILE_DAMAGED', 400, '%s is damaged: %s. What comes before is counted, what comes behind is lost.'),
  fileChanging: kind(
    'FILE_CHANGING',
    409,
    '%s has changed while it was read. Import it when it is complete: what is stored of it before would be stored again with the rest.'
  ),
  stdinWorkers: kind(
    'STDIN_WORKERS',
    400,
    '%s can be read only once, so by one worker. Leave out --workers, or read a file.'
  ),
  stdinTwice: kind('STDIN_TWICE', 400, 'Standard input can be read only once. Give "-" once.'),
  importStdin: kind(
    'IMPORT_STDIN',
    400,
    'Standard input cannot be imported, because nothing would tell a second import of it. Use "tcpscope capture --read -".'
  ),
  explainStream: kind(
    'EXPLAIN_STREAM',
    400,
    '%s cannot be explained: it is read several times. Write it to a file first.'
  ),
  explainName: kind(
    'EXPLAIN_NAME',
    400,
    '"%s" names no connection. Give "client:port > server:port", one end of it ("10.0.0.1:443", "10.0.0.1", ":443"), an id, or the number of a Wireshark stream.'
  ),
  explainUnknown: kind('EXPLAIN_UNKNOWN', 404, 'There is no connection in %s%s.'),
  explainAmbiguous: kind('EXPLAIN_AMBIGUOUS', 409, 'Which one? There are %s connections in %s%s.'),
  sliceUnwritable: kind('SLICE_UNWRITABLE', 500, 'The packets cannot be written to %s: %s.'),
  sliceInput: kind('SLICE_INPUT', 409, '%s is the file that is read. Write the packets to another one.'),
  captureUnsupported: kind('CAPTURE_UNSUPPORTED', 501, 'Live capture needs Linux; read a capture file here instead.'),

  // Configuration
  usage: kind('USAGE', 400, 'Wrong usage: %s.'),
  output: kind('OUTPUT', 500, 'The output cannot be written: %s.'),
  configUnreadable: kind('CONFIG_UNREADABLE', 404, 'Cannot read the configuration %s: %s.'),
  configInvalid: kind(
    'CONFIG_INVALID',
    400,
    'The configuration is wrong. %s. docs/configuration.md lists the settings.'
  ),

  // Store
  storeFolder: kind('STORE_FOLDER', 500, 'The store folder %s cannot be used: %s.'),
  storeLocked: kind(
    'STORE_LOCKED',
    409,
    'The store in %s is in use by %s. Stop it, give this one another folder, or hand rows over with "tcpscope import".'
  ),
  storeEngineMissing: kind(
    'STORE_ENGINE_MISSING',
    501,
    'The embedded database is not installed: %s. Run "npm install chdb" (Linux with glibc, or macOS).'
  ),
  storeEngineUnsupported: kind(
    'STORE_ENGINE_UNSUPPORTED',
    501,
    'The embedded database does not run here: %s. It needs Linux with glibc (Debian, not Alpine) or macOS, x64 or arm64.'
  ),
  storeEngineFailed: kind('STORE_ENGINE_FAILED', 500, 'The database engine did not start: %s.'),
  storeEngineStopped: kind(
    'STORE_ENGINE_STOPPED',
    503,
    'The database engine stopped during the request (%s) and is being restarted. Stored rows are safe; ask again.'
  ),
  storeUnavailable: kind('STORE_UNAVAILABLE', 503, 'The store is not available: %s.'),
  storeNewer: kind(
    'STORE_NEWER',
    409,
    'The store in %s was made by a newer tcpscope (schema %s, this one knows up to %s). Run the newer version.'
  ),
  storeSchema: kind(
    'STORE_SCHEMA',
    500,
    'The store has not the schema this version expects: %s. Restore it from a backup or start with an empty folder.'
  ),
  storeBusy: kind(
    'STORE_BUSY',
    503,
    '%s queries run and %s wait already. Ask again later, or raise store.concurrentQueries or store.queuedQueries.'
  ),
  storeParameter: kind('STORE_PARAMETER', 500, 'The query is wrong: %s.'),
  storeWrite: kind('STORE_WRITE', 500, 'Rows were not stored: %s.'),
  storeOwnerGone: kind(
    'STORE_OWNER_GONE',
    503,
    'The process that owns the store in %s has ended; %s blocks wait in its spool and are stored when it runs again.'
  ),
  importConflict: kind(
    'IMPORT_CONFLICT',
    409,
    'A part of this file was imported before with other options than these (%s). Use those again to complete it.'
  ),
  queryTimeout: kind(
    'QUERY_TIMEOUT',
    504,
    'The query took longer than %s s and was stopped. Ask for a shorter range, or filter more.'
  ),
  queryMemory: kind(
    'QUERY_MEMORY',
    413,
    'The query needs more memory than it may have (%s). Ask for a shorter range, filter more, or raise store.queryMemory.'
  ),
  queryCancelled: kind('QUERY_CANCELLED', 499, 'The query was cancelled.'),
  queryFailed: kind('QUERY_FAILED', 500, 'The query failed: %s.'),

  // Query
  queryThread: kind(
    'QUERY_THREAD',
    500,
    'The thread that looks for findings ended: %s. Ask again; if that happens again, for a shorter range or with a filter.'
  ),
  queryInvalid: kind('QUERY_INVALID', 400, 'The query is wrong: %s.'),
  queryKind: kind('QUERY_KIND', 400, 'There is no query kind "%s". Kinds: %s.'),
  queryMetric: kind('QUERY_METRIC', 400, 'There is no metric "%s". GET /api/v1/fields lists them.'),
  queryNotMetric: kind('QUERY_METRIC', 400, '%s is no metric of a group but %s.'),
  queryDimension: kind('QUERY_DIMENSION', 400, 'There is no dimension "%s" to group by. Dimensions: %s.'),
  queryNotDimension: kind('QUERY_DIMENSION', 400, '%s is no dimension but %s; rows are grouped by dimensions: %s.'),
  queryFeed: kind(
    'QUERY_FEED',
    400,
    'The query of captures is wrong: %s. GET /api/v1/fields lists what captures have.'
  ),
  queryField: kind('QUERY_FIELD', 400, 'There is no field "%s". GET /api/v1/fields lists them.'),
  queryFieldValues: kind('QUERY_FIELD', 400, 'Values of %s cannot be listed: it is %s. Ask for a dimension.'),
  queryOrder: kind('QUERY_ORDER', 400, 'Rows cannot be ordered by "%s". Order by one of: %s.'),
  queryRange: kind('QUERY_RANGE', 400, 'The time range is wrong: %s.'),
  queryScope: kind(
    'QUERY_SCOPE',
    400,
    'The filter compares %s with sums, but groups have no %s of their own. Group by it, or use scope "flows".'
  ),
  queryAdHoc: kind('QUERY_AD_HOC', 400, 'The ad hoc filter "%s" cannot be used: %s'),
  queryAlert: kind(
    'QUERY_ALERT',
    400,
    'Rows of kind "%s" are for people and have no numbers that an alert rule could compare. Use kind "top" or "timeseries".'
  ),
  connectionId: kind('CONNECTION_ID', 400, '"%s" is no id of a connection; ids have 32 hexadecimal digits.'),
  connectionUnknown: kind(
    'CONNECTION_UNKNOWN',
    404,
    'There is no connection %s. It was never stored, or is older than connections are kept.'
  ),

  // API
  apiRoute: kind('API_ROUTE', 404, 'There is no %s. GET /openapi.json lists the routes.'),
  apiMethod: kind('API_METHOD', 405, '%s takes %s only.'),
  apiRequest: kind('API_REQUEST', 400, 'The request is wrong: %s.'),
  apiBodySize: kind('API_BODY_SIZE', 413, 'The request is larger than %s bytes.'),
  apiMediaType: kind('API_MEDIA_TYPE', 415, 'The body must be JSON, with the header content-type: application/json.'),
  apiToken: kind('API_TOKEN', 401, 'The token is missing or wrong. Send the header authorization: Bearer TOKEN.'),
  apiHost: kind(
    'API_HOST',
    403,
    'Requests for the host "%s" are not answered without a token: a web page may have sent them. Use 127.0.0.1, or set a token.'
  ),
  apiStreams: kind('API_STREAMS', 503, '%s clients follow the live totals already, as many as are allowed.'),
  apiTimeout: kind('API_TIMEOUT', 503, 'The answer took longer than allowed. Ask for less.'),
  apiStopping: kind('API_STOPPING', 503, 'The analyzer is stopping. Ask again when it runs.'),
  apiExposed: kind(
    'API_EXPOSED',
    500,
    'The API does not start on %s, which others can reach, without a token or client certificates. Set api.token or api.tls.clientCa, or listen on 127.0.0.1.'
  ),
  apiListen: kind('API_LISTEN', 500, 'The API cannot listen on %s: %s.'),
  apiTls: kind('API_TLS', 500, 'The TLS settings of the API cannot be used: %s.'),
  internal: kind('INTERNAL', 500, 'Something went wrong inside the analyzer. Its log says what, under request %s.'),
} as const satisfies Record<string, ErrorKind>;

/** A piece of a text, in UTF-16 units; `start` equals `end` at the end of the text. */
export interface ErrorPosition {
  readonly start: number;
  readonly end: number;
}

/** An error of the catalogue. `position` and `hint` are for filters: where it went wrong and what was meant. */
export class TcpscopeError extends Error {
  readonly code: string;
  readonly status: number;
  position?: ErrorPosition;
  /** Text to write instead, at the position where there is one. */
  hint?: string;

  constructor(kind: ErrorKind, args: ReadonlyArray<string | number> = [], options?: { cause?: unknown }) {
    const rest = [...args];
    super(args.length === 0 ? kind.message : kind.message.replace(/%s/g, () => String(rest.shift())), options);
    this.name = 'TcpscopeError';
    this.code = kind.code;
    this.status = kind.status;
  }

  /** An error that came from another thread or process: its message is already made. */
  static received(code: string, status: number, message: string): TcpscopeError {
    return new TcpscopeError({ code, status, message });
  }
}
