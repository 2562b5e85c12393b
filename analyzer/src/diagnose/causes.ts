import { causes, type Cause } from '@tcpscope/filter';

export { causes, type Cause };

/** What a cause means in a few words, whether somebody should look, and what to look at. */
export interface CauseText {
  readonly title: string;
  /** `fine`: nothing to do; `note`: worth knowing; `trouble`: something did not work for somebody. */
  readonly severity: 'fine' | 'note' | 'trouble';
  readonly nextCheck: string | null;
}

export const causeTexts: Readonly<Record<Cause, CauseText>> = {
  normal: { title: 'closed in order', severity: 'fine', nextCheck: null },
  refused: {
    title: "refused by the server's host",
    severity: 'trouble',
    nextCheck: 'Is the service listening on this port? Since when not: look for the last good connection.',
  },
  'rejected-on-path': {
    title: 'rejected by something in front of the server',
    severity: 'trouble',
    nextCheck:
      'Which firewall or load balancer answers in the server’s name? Compare TTLs; look at its rules for this port.',
  },
  'no-answer': {
    title: 'never answered',
    severity: 'trouble',
    nextCheck:
      'Host down, port filtered, or route broken? Try other ports of the host; make sure both directions are captured.',
  },
  'half-open': {
    title: 'answered, but never completed',
    severity: 'trouble',
    nextCheck: 'Do the server’s answers reach the client? Spoofed sources (a flood) never complete either.',
  },
  'setup-aborted': {
    title: 'given up before it stood',
    severity: 'trouble',
    nextCheck: 'Compare the client’s connect timeout with the time the server took to answer.',
  },
  'port-probe': {
    title: 'probed, nothing sent',
    severity: 'note',
    nextCheck: 'Is the source a load balancer or a monitor? If not, who scans?',
  },
  'client-abort': {
    title: 'given up by the client',
    severity: 'note',
    nextCheck:
      'Users stop downloads and clients time out: compare the waiting time before it with the client’s timeout.',
  },
  'server-abort': {
    title: 'broken off by the server',
    severity: 'trouble',
    nextCheck:
      'Look in the log of the server or of the proxy in front of it at this time: crash, limit, timeout, or rejected request.',
  },
  'closes-by-rst': {
    title: 'complete, ended by RST',
    severity: 'fine',
    nextCheck: 'By design of the application (bad practice, RFC 3360). Watch its share, not its number.',
  },
  'keepalive-race': {
    title: 'request met a closing connection',
    severity: 'note',
    nextCheck: 'Make the client’s keep-alive timeout shorter than the server’s.',
  },
  'late-data': {
    title: 'data for a connection the peer had closed',
    severity: 'note',
    nextCheck:
      'Which side goes on writing after the other has closed? Its error handling overlooks the end of the stream.',
  },
  'dead-peer': {
    title: 'the peer no longer knew the connection',
    severity: 'trouble',
    nextCheck: 'Did the peer crash or restart, or fail over? Compare its uptime with the time of the RST.',
  },
  'idle-timeout': {
    title: 'forgotten while idle',
    severity: 'trouble',
    nextCheck:
      'Which timer has this value: firewall, load balancer, NAT, or server? Send TCP keep-alives more often than that.',
  },
  injected: {
    title: 'reset by a third party',
    severity: 'trouble',
    nextCheck:
      'What on the path resets connections: an intrusion prevention system, a filter, an attacker? The TTL tells the distance.',
  },
  'cannot-tell': {
    title: 'cannot be told',
    severity: 'note',
    nextCheck: 'Capture both directions and the start of the connection.',
  },
  'half-closed': {
    title: 'closed by one side only',
    severity: 'note',
    nextCheck: 'The other side keeps its socket in CLOSE_WAIT: does its application close connections?',
  },
};
