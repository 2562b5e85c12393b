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
  /** What it means, in a sentence or two. */
  readonly meaning: string;
  /** `fine`: nothing to do; `note`: worth knowing; `trouble`: something did not work for somebody. */
  readonly severity: 'fine' | 'note' | 'trouble';
  readonly origin: Origin;
  readonly nextCheck: string | null;
}

export const causeTexts: Readonly<Record<Cause, CauseText>> = {
  normal: {
    title: 'closed in order',
    meaning: 'Both sides closed with FIN after an exchange, or a RST came when both had.',
    severity: 'fine',
    origin: null,
    nextCheck: null,
  },
  refused: {
    title: "refused by the server's host",
    meaning:
      'The host answered the SYN with a RST: nobody listens on that port. A firewall on the host itself looks the same, or says so by ICMP.',
    severity: 'trouble',
    origin: 'refusal',
    nextCheck: 'Is the service listening on this port? Since when not: look for the last good connection.',
  },
  'rejected-on-path': {
    title: 'rejected by something in front of the server',
    meaning:
      'A firewall or load balancer answered the SYN: with a RST in the name of the server, or with an ICMP message.',
    severity: 'trouble',
    origin: 'refusal',
    nextCheck:
      'Which firewall or load balancer answers? An ICMP message says who; otherwise compare TTLs. Look at its rules for this port.',
  },
  'no-answer': {
    title: 'never answered',
    meaning: 'Nothing came back: the host is down, the packet was dropped, the backlog was full, or there is no route.',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'Host down, port filtered, or route broken? Try other ports of the host; make sure both directions are captured.',
  },
  'half-open': {
    title: 'answered, but never completed',
    meaning:
      'The server answered and the client never completed the handshake: its answers get lost, or the client’s address was forged.',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck: 'Do the server’s answers reach the client? Spoofed sources (a flood) never complete either.',
  },
  'setup-aborted': {
    title: 'given up before it stood',
    meaning:
      'One side gave the attempt up before the handshake was complete, most often a client that would not wait any longer.',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck: 'Compare the client’s connect timeout with the time the server took to answer.',
  },
  'port-probe': {
    title: 'probed, nothing sent',
    meaning:
      'Somebody connected, or half connected, to see that the port is open, and left without a word: a health check, a monitor, a scanner.',
    severity: 'note',
    origin: null,
    nextCheck: 'Is the source a load balancer or a monitor? If not, who scans?',
  },
  'client-abort': {
    title: 'given up by the client',
    meaning:
      'The client gave up while it was being served or waited to be: a user stopped a download, a timeout ran out, a program was killed. With FIN first or by RST at once.',
    severity: 'note',
    origin: null,
    nextCheck:
      'Users stop downloads and clients time out: compare the waiting time before it with the client’s timeout.',
  },
  'server-abort': {
    title: 'broken off by the server',
    meaning:
      'The server broke off: before any data, on the request, or in the middle of the response. The evidence says which.',
    severity: 'trouble',
    origin: 'crash or bug',
    nextCheck:
      'Look in the log of the server or of the proxy in front of it at this time: crash, limit, timeout, or rejected request.',
  },
  'closes-by-rst': {
    title: 'complete, ended by RST',
    meaning:
      'The exchange was complete, and the application ended it by RST instead of FIN. Bad practice (RFC 3360), but no fault.',
    severity: 'fine',
    origin: null,
    nextCheck: 'By design of the application (bad practice, RFC 3360). Watch its share, not its number.',
  },
  'keepalive-race': {
    title: 'request met a closing connection',
    meaning: 'The server closed an idle connection at the moment at which the client sent its next request.',
    severity: 'note',
    origin: 'data after a close',
    nextCheck: 'Make the client’s keep-alive timeout shorter than the server’s.',
  },
  'late-data': {
    title: 'data for a connection the peer had closed',
    meaning: 'One side had closed, and the other sent data all the same, long enough after to have known.',
    severity: 'note',
    origin: 'data after a close',
    nextCheck:
      'Which side goes on writing after the other has closed? Its error handling overlooks the end of the stream.',
  },
  'dead-peer': {
    title: 'the peer no longer knew the connection',
    meaning:
      'The other side no longer knew the connection, or was not heard any more: a crash, a restart, a failover, a broken path.',
    severity: 'trouble',
    origin: 'crash or bug',
    nextCheck: 'Did the peer crash or restart, or fail over? Compare its uptime with the time of the RST.',
  },
  'idle-timeout': {
    title: 'forgotten while idle',
    meaning:
      'The connection ended because it had been quiet: a firewall, load balancer or NAT forgot it, or an end ran out of patience.',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'Which timer has this value: firewall, load balancer, NAT, or server? Send TCP keep-alives more often than that.',
  },
  injected: {
    title: 'reset by a third party',
    meaning:
      'A RST in the name of one end that this end did not send: an intrusion prevention system, a filter, an attack.',
    severity: 'trouble',
    origin: 'lack of resources or network interruption',
    nextCheck:
      'What on the path resets connections: an intrusion prevention system, a filter, an attacker? The TTL tells the distance.',
  },
  'cannot-tell': {
    title: 'cannot be told',
    meaning: 'What was captured does not tell, or too little was captured. The rival is the best guess.',
    severity: 'note',
    origin: null,
    nextCheck: 'Capture both directions and the start of the connection.',
  },
  'half-closed': {
    title: 'closed by one side only',
    meaning: 'One side closed, and the other never did: sockets pile up in CLOSE_WAIT there.',
    severity: 'note',
    origin: 'crash or bug',
    nextCheck: 'The other side keeps its socket in CLOSE_WAIT: does its application close connections?',
  },
};

const severities = { trouble: 0, note: 1, fine: 2 } as const;

/** Which of several causes stands for all: the most severe, and of these the most frequent. Null without any. */
export function mostSevere<One extends { readonly cause: Cause; readonly connections: number }>(
  all: readonly One[]
): One | null {
  const severity = ({ cause }: One) => severities[causeTexts[cause].severity];
  return [...all].sort((a, b) => severity(a) - severity(b) || b.connections - a.connections)[0] ?? null;
}

/** The origin of a connection's end. Giving up by FIN while the other side sends is data after a close, too. */
export function originOf(cause: Cause, close: CloseClass): Origin {
  return cause === 'client-abort' && close === 'finrst' ? 'data after a close' : causeTexts[cause].origin;
}
