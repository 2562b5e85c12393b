import { causes, type Cause, type CloseClass } from '@tcpscope/filter';

export { causes, type Cause };

/**
 * The four causes of abnormal ends that the article behind this product names ("TCP Series #2: How to close TCP
 * sessions"), by names of their own; null for ends that are none of them.
 */
export type Origin =
  'lack of resources or network interruption' | 'crash or bug' | 'data after a close' | 'refusal' | null;

/** What a cause means in a few words, whether somebody should look, and what to look at. */
export interface CauseText {
  readonly title: string;
  /** `fine`: nothing to do; `note`: worth knowing; `trouble`: something did not work for somebody. */
  readonly severity: 'fine' | 'note' | 'trouble';
  readonly origin: Origin;
  readonly nextCheck: string | null;
}

export const causeTexts: Readonly<Record<Cause, CauseText>> = {
  normal: { title: 'closed in order', severity: 'fine', origin: null, nextCheck: null },
  refused: {
    title: "refused by the server's host",
    severity: 'trouble',
    origin: 'refusal',
    nextCheck: 'Is the service listening on this port? Since when not: look for the last good connection.',
  },
  'rejected-on-path': {
    title: 'rejected by something in front of the server',
    severity: 'trouble',
    origin: 'refusal',
    nextCheck:
      'Which firewall or load balancer answers in the server’s name? Compare TTLs; look at its rules for this port.',
  },
  'no-answer': {
    title: 'never answered',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'Host down, port filtered, or route broken? Try other ports of the host; make sure both directions are captured.',
  },
  'half-open': {
    title: 'answered, but never completed',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck: 'Do the server’s answers reach the client? Spoofed sources (a flood) never complete either.',
  },
  'setup-aborted': {
    title: 'given up before it stood',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck: 'Compare the client’s connect timeout with the time the server took to answer.',
  },
  'port-probe': {
    title: 'probed, nothing sent',
    severity: 'note',
    origin: null,
    nextCheck: 'Is the source a load balancer or a monitor? If not, who scans?',
  },
  'client-abort': {
    title: 'given up by the client',
    severity: 'note',
    origin: null,
    nextCheck:
      'Users stop downloads and clients time out: compare the waiting time before it with the client’s timeout.',
  },
  'server-abort': {
    title: 'broken off by the server',
    severity: 'trouble',
    origin: 'crash or bug',
    nextCheck:
      'Look in the log of the server or of the proxy in front of it at this time: crash, limit, timeout, or rejected request.',
  },
  'closes-by-rst': {
    title: 'complete, ended by RST',
    severity: 'fine',
    origin: null,
    nextCheck: 'By design of the application (bad practice, RFC 3360). Watch its share, not its number.',
  },
  'keepalive-race': {
    title: 'request met a closing connection',
    severity: 'note',
    origin: 'data after a close',
    nextCheck: 'Make the client’s keep-alive timeout shorter than the server’s.',
  },
  'late-data': {
    title: 'data for a connection the peer had closed',
    severity: 'note',
    origin: 'data after a close',
    nextCheck:
      'Which side goes on writing after the other has closed? Its error handling overlooks the end of the stream.',
  },
  'dead-peer': {
    title: 'the peer no longer knew the connection',
    severity: 'trouble',
    origin: 'crash or bug',
    nextCheck: 'Did the peer crash or restart, or fail over? Compare its uptime with the time of the RST.',
  },
  'idle-timeout': {
    title: 'forgotten while idle',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'Which timer has this value: firewall, load balancer, NAT, or server? Send TCP keep-alives more often than that.',
  },
  injected: {
    title: 'reset by a third party',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'What on the path resets connections: an intrusion prevention system, a filter, an attacker? The TTL tells the distance.',
  },
  'cannot-tell': {
    title: 'cannot be told',
    severity: 'note',
    origin: null,
    nextCheck: 'Capture both directions and the start of the connection.',
  },
  'half-closed': {
    title: 'closed by one side only',
    severity: 'note',
    origin: 'crash or bug',
    nextCheck: 'The other side keeps its socket in CLOSE_WAIT: does its application close connections?',
  },
};

/** The origin of a connection's end. Giving up by FIN while the other side sends is data after a close, too. */
export function originOf(cause: Cause, close: CloseClass): Origin {
  return cause === 'client-abort' && close === 'finrst' ? 'data after a close' : causeTexts[cause].origin;
}
