import type { Origin } from '../causes.js';
import type { FindingKind } from './finding.js';

/** What a finding is told from, and what looks alike but is not reported as it. For the reference. */
export interface FindingText {
  /** Origins that its findings may have; none when it is nothing abnormal. */
  readonly origins: ReadonlyArray<Exclude<Origin, null>>;
  readonly sign: string;
  readonly otherwise: string;
}

export const findingTexts: Readonly<Record<FindingKind, FindingText>> = {
  'incomplete-capture': {
    origins: [],
    sign: 'Many connections were captured in one direction only or from the middle on.',
    otherwise: 'A few at the start of a capture. Findings that rest on silence are not reported beside it.',
  },
  'port-scan': {
    origins: [],
    sign: 'One client fails at many ports of a host within minutes, and the likelihood ratio of Jung et al. (2004) says scanner.',
    otherwise: 'Many attempts at one port: `stale-client`.',
  },
  'host-sweep': {
    origins: [],
    sign: 'One client fails at the same port of many hosts, by the same two measures.',
    otherwise: 'Many hosts that mostly answer: a crawler.',
  },
  'zone-trouble': {
    origins: ['lack of resources or network interruption'],
    sign: 'Most servers of a zone (or of a /24, /64) lose SYNs, do not answer or fall silent at the same time.',
    otherwise: 'One server, however many of its ports: the server’s own trouble.',
  },
  'service-outage': {
    origins: ['lack of resources or network interruption', 'refusal'],
    sign: 'A service that had worked refuses, or no longer answers, most attempts from a moment on. Names the last good connection.',
    otherwise: 'Refusals among connections that stand.',
  },
  'refusal-storm': {
    origins: ['refusal'],
    sign: 'A service that was never seen working refuses the attempts of several clients.',
    otherwise: 'One client alone: `stale-client`.',
  },
  'stale-client': {
    origins: ['lack of resources or network interruption', 'refusal'],
    sign: 'The only client of a service tries again and again and never gets through.',
    otherwise: 'Others get through, or the attempts follow faster than a program would retry.',
  },
  'unreachable-service': {
    origins: ['lack of resources or network interruption'],
    sign: 'None of the attempts at a service was answered.',
    otherwise: 'Single SYNs at a rate that no client has: `syn-flood`.',
  },
  'backlog-overflow': {
    origins: ['lack of resources or network interruption'],
    sign: 'Attempts stay unanswered while other connections of the same service stand.',
    otherwise: 'Silence long after the last connection that stood.',
  },
  'syn-loss': {
    origins: ['lack of resources or network interruption'],
    sign: 'Connections that stood needed more than one SYN.',
    otherwise: 'One or two of many.',
  },
  'syn-flood': {
    origins: ['lack of resources or network interruption'],
    sign: 'Single SYNs, ten a second or more, neither answered nor sent again.',
    otherwise: 'SYNs that are sent again: somebody is waiting for an answer.',
  },
  'half-open-flood': {
    origins: ['lack of resources or network interruption'],
    sign: 'Many attempts within a minute are answered and never completed.',
    otherwise: 'As many over hours.',
  },
  backscatter: {
    origins: [],
    sign: 'A host sends RSTs to many addresses that never sent it anything: answers to an attack with forged sources.',
    otherwise: 'Stray RSTs to one address.',
  },
  'accept-then-close': {
    origins: ['lack of resources or network interruption'],
    sign: 'A server takes connections and drops them before any data.',
    otherwise: 'It drops them after a request: `server-aborts`.',
  },
  'server-aborts': {
    origins: ['crash or bug'],
    sign: 'A server breaks off a share of its connections in the middle of an exchange.',
    otherwise: 'Complete exchanges that end by RST: `closes-by-rst-by-design`.',
  },
  'client-aborts': {
    origins: [],
    sign: 'Clients give up a large share of the connections to a service.',
    otherwise: 'Now and then a user stops a download.',
  },
  'server-stalled': {
    origins: ['lack of resources or network interruption'],
    sign: 'A server announced windows of next to nothing on several connections that did not end well.',
    otherwise: 'The clients had stopped reading.',
  },
  restart: {
    origins: ['crash or bug'],
    sign: 'A server answers several connections that it had with RSTs of a host without them. Names when it served again.',
    otherwise: 'Nothing comes back at all: `path-broken`.',
  },
  'path-broken': {
    origins: ['lack of resources or network interruption'],
    sign: 'On several connections the same data were sent again and again without an answer.',
    otherwise: 'The other side answers, but does not know them: `restart`.',
  },
  'idle-timer': {
    origins: ['lack of resources or network interruption'],
    sign: 'Connections end after silences of at least a certain length. Names the shortest of them, and the longest that one survived.',
    otherwise: 'Fewer than three.',
  },
  'server-timeout': {
    origins: ['lack of resources or network interruption'],
    sign: 'A server breaks off requests that all waited for the same time.',
    otherwise: 'Times that are all over the place.',
  },
  'client-timeout': {
    origins: ['lack of resources or network interruption'],
    sign: 'Clients give up after the same time of waiting.',
    otherwise: 'Times of users, which are not alike.',
  },
  'lifetime-limit': {
    origins: ['lack of resources or network interruption'],
    sign: 'Connections are reset at the same age, and few become older.',
    otherwise: 'Ages that are not alike; ends after a silence: `idle-timer`.',
  },
  'keepalive-mismatch': {
    origins: ['data after a close'],
    sign: 'Requests meet connections that the server is just closing.',
    otherwise: 'Requests long after the close: `late-writer`.',
  },
  'close-wait-leak': {
    origins: ['crash or bug'],
    sign: 'The same side of several connections never closes after the other has.',
    otherwise: 'Now this side, now that, or moments before the capture ends.',
  },
  'late-writer': {
    origins: ['data after a close'],
    sign: 'The same side writes to several connections that the other had long closed.',
    otherwise: 'Requests that crossed the close: `keepalive-mismatch`.',
  },
  injection: {
    origins: ['lack of resources or network interruption'],
    sign: 'Several connections of a service end by RSTs that neither end sent.',
    otherwise: 'One or two: reported with the connection only.',
  },
  'closing-changed': {
    origins: ['crash or bug'],
    sign: 'Complete connections of a service end by RST much more often from a moment on. Names the moment.',
    otherwise: 'As often before: `closes-by-rst-by-design`, or no finding.',
  },
  'closes-by-rst-by-design': {
    origins: [],
    sign: 'Nearly all complete connections of a service end by RST.',
    otherwise: 'About half of them.',
  },
  'health-check': {
    origins: [],
    sign: 'A client connects to a service again and again and never sends anything.',
    otherwise: 'It also sends requests.',
  },
};
