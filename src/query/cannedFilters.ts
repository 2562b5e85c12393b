/** Filters that answer a common question, offered beside the filter field. */
export interface CannedFilter {
  label: string;
  filter: string;
  /** What a match means. */
  description: string;
  /** Which rows have the fields that it names. */
  rows: 'windows' | 'connections' | 'both';
}

export const cannedFilters: readonly CannedFilter[] = [
  {
    label: 'RST, no FIN',
    filter: 'rst.count > 0 and fin.count = 0',
    description: 'Only resets: aborted, or refused',
    rows: 'both',
  },
  {
    label: 'RST without connection',
    filter: 'rst.count > 0 and ct.count = 0',
    description: 'Resets where no handshake ever succeeded',
    rows: 'both',
  },
  {
    label: 'Server resets, nobody closes',
    filter: 'rst.count.srv > 0 and fin.count = 0',
    description: 'The server resets and no side sends a FIN',
    rows: 'both',
  },
  {
    label: 'Attempts without connection',
    filter: 'syn.count > 0 and ct.count = 0',
    description: 'Clients that never get through',
    rows: 'both',
  },
  {
    label: 'Repeated SYN',
    filter: 'syn.ratio > 2 or (syn.count > 2 and ct.count = 0)',
    description: 'More than two SYN for each connection, or SYN and no connection at all',
    rows: 'windows',
  },
  {
    label: 'Stray RST of the server',
    filter: 'rst.noconn.srv > 0',
    description: 'The server answers packets of connections that it does not know',
    rows: 'windows',
  },
  {
    label: 'Refused',
    filter: 'refused.count > 0',
    description: 'The server refuses the connection: a closed port',
    rows: 'windows',
  },
  {
    label: 'Closed by RST alone',
    filter: 'close.rst > 0 and fin.count = 0',
    description: 'Established connections that end by RST and never by FIN',
    rows: 'windows',
  },
  { label: 'One server port', filter: 'server.port in {1194}', description: 'A port or a list of ports', rows: 'both' },
  {
    label: 'Refused',
    filter: 'close = "refused"',
    description: 'The server refuses: a closed port',
    rows: 'connections',
  },
  {
    label: 'Broken off by the server',
    filter: 'cause = server-abort',
    description: 'The server resets before, instead of, or within its answer',
    rows: 'connections',
  },
  {
    label: 'Forgotten while idle',
    filter: 'cause = idle-timeout',
    description: 'A timer on the path or at an end forgot the connection',
    rows: 'connections',
  },
  { label: 'No answer', filter: 'close = "noanswer"', description: 'Nobody answers the SYN', rows: 'connections' },
  {
    label: 'Rejected on the path',
    filter: 'cause = rejected-on-path',
    description: 'A firewall or load balancer says no, by RST or ICMP',
    rows: 'connections',
  },
  {
    label: 'Reset by the server',
    filter: 'aborter = "server"',
    description: 'The first RST is the server’s',
    rows: 'connections',
  },
  {
    label: 'Reset by the client',
    filter: 'aborter = "client"',
    description: 'The first RST is the client’s',
    rows: 'connections',
  },
];

/** Those whose fields the rows carry. */
export const cannedFiltersFor = (rows: 'windows' | 'connections') =>
  cannedFilters.filter((canned) => canned.rows === rows || canned.rows === 'both');
