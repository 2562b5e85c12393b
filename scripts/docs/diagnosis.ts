import { readdirSync, readFileSync } from 'node:fs';
import {
  causes,
  causeTexts,
  findingKinds,
  findingTexts,
  rules,
  type Cause,
  type Origin,
  type Rule,
} from '../../analyzer/src/diagnose/index.js';
import { code, codes, paragraphs, table, type Page } from './markdown.js';

/** What the laboratory printed; `--accuracy` of its program writes it. */
const accuracy = readFileSync(new URL('../../test/lab/accuracy.md', import.meta.url), 'utf8').trim();

/** Names of the laboratory's scenarios; of each a capture is kept. */
const scenarios = readdirSync(new URL('../../test/lab/captures/', import.meta.url))
  .filter((name) => name.endsWith('-4.pcap'))
  .map((name) => name.slice(0, -'-4.pcap'.length))
  .sort();

const intro = `Of every connection tcpscope says why it ended, how sure that is, what speaks for it and what else it could have been; and of
groups of connections what they have in common. \`tcpscope report FILE\` and \`tcpscope explain FILE CONNECTION\` print it, the API and
the dashboards show it. This page says what each answer means, what it is told from, and how often it is right.

## How it is told

A *rule* is one piece of evidence: when it holds, it speaks for some causes and against others, in log-odds. A weight of 1 makes a
cause 2.7 times as likely as before, 3 makes it twenty times as likely. Every cause begins at −6, \`cannot-tell\` at −4, since it needs
nothing to speak for it. What all rules that hold say is added up; the **confidence** of a cause is its share of the sum of
exponentials (softmax), and the **rival** is the next best cause. Some rules hold more or less strongly, for example by the length of a silence; their
weights are then multiplied by that strength. No confidence is a constant, and none is 1.

The weights come from what the protocol makes possible (RFC 9293, 5961, 3360, 6298), not from counting examples; the laboratory below then checks
them. A rule reads the headers of one connection, and what is known around it: which TTLs the host's packets have, how the other
connections of the service end, and whether the capture can be trusted.

**"Cannot tell"** is an answer: when only one direction was captured, when the capture lost packets, when all there is is a lone RST.
Its confidence is that of the best guess, which is then the rival, so it is never above one half. A connection that is still open has no cause.

### What a RST tells of its sender

| RST | Sent by |
| --- | --- |
| with ACK, sequence number 0, in answer to a SYN | a closed port, or a firewall in its name |
| with ACK, in sequence | a stack that has the connection and gives it up: \`SO_LINGER\` 0, or \`close()\` with data unread |
| without ACK | a stack that does not have the connection (any more) and answers a segment |
| with another TTL, an IP id that does not go on, numbers beyond what was sent, or followed by more from the same side | somebody else |

Stacks differ: some systems send RSTs with ACK where others send them without, or number their packets at random. So each sign is
evidence with a weight, and none decides alone.`;

const origins: ReadonlyArray<readonly [Exclude<Origin, null>, string]> = [
  ['lack of resources or network interruption', 'A lack of resources or network interruption'],
  ['crash or bug', 'A crash/bug during the session'],
  [
    'data after a close',
    'While one pair has already closed its part of the connexion, the other part continues to send data',
  ],
  ['refusal', 'The server refuses to open a connection to the client'],
];

function causesOf(origin: Origin): Cause[] {
  return causes.filter((cause) => causeTexts[cause].origin === origin);
}

function originTable(): string {
  const rows = origins.map(([origin, words]) => [
    words,
    `**${origin}**`,
    codes(causesOf(origin)) +
      (origin === 'data after a close' ? ', and `client-abort` when the client sent FIN first' : ''),
    codes(findingKinds.filter((kind) => findingTexts[kind].origins.includes(origin))),
  ]);
  return table(['In the article', 'Here (`origin`)', 'Causes', 'Findings'], rows);
}

const severities = {
  fine: 'nothing to do',
  note: 'worth knowing',
  trouble: 'something did not work for somebody',
} as const;

const weight = (value: number) => `${value > 0 ? '+' : '−'}${Math.abs(value)}`;

/** Causes that the same signs tell apart from this one: what speaks for one of them speaks against the other. */
function rivalsOf(cause: Cause): Cause[] {
  const score = new Map<Cause, number>();
  for (const { says } of rules) {
    const own = says[cause] ?? 0;
    for (const [name, other] of Object.entries(says) as Array<[Cause, number]>) {
      if (name !== cause && own !== 0) {
        score.set(
          name,
          (score.get(name) ?? 0) + (own > 0 === other > 0 ? 1 : 0.5) * Math.min(Math.abs(own), Math.abs(other))
        );
      }
    }
  }
  return [...score]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([name]) => name);
}

function section(cause: Cause): string {
  const { title, meaning, severity, nextCheck } = causeTexts[cause];
  const of = (sign: 1 | -1) => {
    return rules
      .filter(({ says }) => (says[cause] ?? 0) * sign > 0)
      .sort((a, b) => Math.abs(b.says[cause] ?? 0) - Math.abs(a.says[cause] ?? 0));
  };
  const list = (these: readonly Rule[]) =>
    these.map(({ sign, says }) => `- ${weight(says[cause] ?? 0)} ${sign}`).join('\n');
  const rivals = rivalsOf(cause);
  return paragraphs(
    `### ${code(cause)}: ${title}`,
    `${meaning} *(${severity}: ${severities[severity]})*`,
    ...(nextCheck === null ? [] : [`**Check next.** ${nextCheck}`]),
    `Told from:\n\n${list(of(1))}`,
    ...(of(-1).length === 0 ? [] : [`Speaks against it:\n\n${list(of(-1))}`]),
    ...(rivals.length === 0 || cause === 'cannot-tell' ? [] : [`Nearest rivals: ${codes(rivals)}.`])
  );
}

const families: Readonly<Record<Rule['family'], string>> = {
  stage: 'How it ended, where every judgement begins',
  feed: 'What the capture does not show',
  refusal: 'Refusals',
  unreachable: 'ICMP messages',
  setup: 'Attempts',
  normal: 'FINs',
  abort: 'Aborts',
  late: 'Data after a close',
  'dead-peer': 'Peers that are gone',
  idle: 'Silence',
  'closes-by-rst': 'Complete exchanges',
  injected: 'RSTs of others',
};

function ruleTable(family: Rule['family']): string {
  const rows = rules
    .filter((rule) => rule.family === family)
    .map(({ name, sign, says, strength }) => [
      code(name) + (strength === undefined ? '' : ' *'),
      sign,
      Object.entries(says)
        .map(([cause, value]) => `${code(cause)} ${weight(value)}`)
        .join(', '),
    ]);
  return paragraphs(`### ${families[family]}`, table(['Rule', 'Holds when there is', 'Says'], rows));
}

const findingsIntro = `A finding says who, since when, how many connections of how many clients, how severe and how sure it is, what else it could be, what to check
next, and the filter that shows its rows. Its confidence grows with the number of connections beyond the least that makes a finding, and shrinks with
the share of connections that disagree; for scans it is the likelihood ratio of Jung et al., *Fast portscan detection using sequential
hypothesis testing* (2004), over first contacts, with Zeek's counts as the floor. Connections of scanners are left out of what is said of services. When the capture
itself is incomplete, that comes first, and findings that rest on silence are left out. The thresholds are [settings](configuration.md#findings).`;

const laboratory = `\`test/lab\` makes each of ${scenarios.length} ways to end on real sockets of a real kernel: two hosts and two routers in network namespaces, a line
between them whose round trip varies from that of a rack to that of another continent and which loses packets now and then, firewalls by
nftables, processes that are killed, hosts that vanish. Sizes, times, ports, initial TTLs and the place of the capture (client, line, server)
vary by chance. The truth is what the scenario did; neither our code nor the capture decides it. A connection that the place of the capture
cannot show as it was (its RST was lost before it came there) counts as wrong all the same.

This run had 22 instances of each scenario and address family, with a seed and times that were not used while rules were written:`;

const reproduce = `To repeat it (as root, on Linux with nftables and tcpdump):

\`\`\`bash
node --import tsx test/lab/run.ts --repeats 22 --seed 12345          # prints these tables and every wrong answer
node --import tsx test/lab/run.ts --repeats 3 --only keepalive-race  # one scenario
\`\`\`

\`--accuracy test/lab/accuracy.md\` and \`npm run docs\` put the tables here. The smallest capture of each scenario and family is kept in \`test/lab/captures\`;
\`npm test\` checks that every one of them is told rightly.

The scenarios: ${codes(scenarios)}.`;

const limits = `- **What was not captured cannot be told.** One direction only, a start not seen, packets lost by the mirror port: the answer becomes \`cannot-tell\`, or less sure.
- **A complete response followed by a RST** is the same on the wire whether the application always ends so or was killed at that moment. Other
  connections of the service decide; alone it stays below 0.8.
- **A firewall on the server's own host** that rejects is \`refused\`: its RST has the host's TTL.
- **A firewall in front** is told by its TTL, so other packets of the host must have been seen. Without them it is \`refused\`, with \`rejected-on-path\` as the rival.
- **Which timer** ended a quiet connection (an end's or a middlebox's) is told only when the RST has another TTL; the finding \`idle-timer\` gives its value.
- **Load balancers** that answer for several hosts can look like injection: TTL and IP id differ between hosts. One such sign is not enough for a finding.
- **Half-closed connections** may be closed after the end of the capture; the evidence says how long the capture went on.
- The laboratory's hosts run Linux. Rules that depend on a system's habits (IP ids, ACK in RSTs) have small weights; public captures of other
  systems are read by hand, and the answers there were plausible, but no share of right answers can be given for them.`;

export function diagnosisPage(): Page {
  const body = paragraphs(
    intro,
    '## The four causes of the article',
    'The article that tcpscope follows names four causes of abnormal ends. They have names here, in the JSON of reports as `origin`; ends that are none of them (in order, by design, a user who stops a download) have none.',
    originTable(),
    '## Causes',
    ...causes.map(section),
    '## Findings',
    findingsIntro,
    table(
      ['Finding', 'Told from', 'Not reported as it'],
      findingKinds.map((kind) => [code(kind), findingTexts[kind].sign, findingTexts[kind].otherwise])
    ),
    '## How often it is right',
    laboratory,
    accuracy,
    'The first table counts "cannot tell" and connections of which nothing is said as wrong; *by instance* gives every run of a scenario the same weight, so that scans with their many connections do not outweigh the rest. The last one says whether a confidence means what it says: of the connections told with 0.8 to 0.9, how many were right. Of the 7,317 connections none was told wrongly with 0.8 or more; in other runs it was one or two of as many, where what would have told the truth was lost on the line or looked the same. So a confidence is a probability, not a promise.',
    reproduce,
    '## Limits',
    limits,
    '## Rules',
    'Rules marked * hold more or less strongly; their weights are the largest or usual ones.',
    ...[...new Set(rules.map(({ family }) => family))].map(ruleTable)
  );
  return { path: 'docs/diagnosis.md', title: 'Why connections end', body };
}
