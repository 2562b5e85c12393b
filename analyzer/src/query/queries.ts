import { attributes, counters, dimensions, type Field } from '@tcpscope/filter';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { RetentionConfig } from '../store/config.js';
import type { Store } from '../store/store.js';
import type { Answer, Cell } from './answer.js';
import { defaultThresholds, type Thresholds } from '../diagnose/index.js';
import { answerCauses } from './answers/causes.js';
import { answerCloses } from './answers/closes.js';
import { answerConnections, factOf } from './answers/connections.js';
import { answerFeed } from './answers/feed.js';
import { answerFindings } from './answers/findings.js';
import { answerGroups } from './answers/groups.js';
import { answerHealth } from './answers/health.js';
import { leaveOut } from './answers/leave-out.js';
import { answerTimeseries } from './answers/timeseries.js';
import { answerFacts, answerValues } from './answers/values.js';
import { AnswerCache, keyOf } from './cache.js';
import type { Captures } from './capture-status.js';
import type { QueryConfig } from './config.js';
import { Finder } from './findings/finder.js';
import { Flights } from './flights.js';
import type { Question, Ranged } from './question.js';
import { readQuestion } from './read.js';
import { Retention } from './retention.js';
import { Session } from './session.js';
import { connectionStatement, packetsStatement } from './sql/connections.js';
import { storedByIdStatement } from './sql/stored.js';
import { StoredVerdict } from './stored-connections.js';

export interface QueryDependencies {
  readonly store: Pick<Store, 'select' | 'selectUnread' | 'stats'>;
  /** How long the store keeps rows: the configuration that it was opened with. */
  readonly retention: RetentionConfig;
  readonly captures: Captures;
  readonly config: QueryConfig;
  /** When groups of connections are a finding; the usual thresholds when left out. */
  readonly thresholds?: Thresholds | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Counters for metrics. */
export interface QueryStats {
  readonly running: number;
  /** Questions answered by an execution that somebody else had started. */
  readonly shared: number;
  readonly cache: { readonly hits: number; readonly misses: number; readonly bytes: number };
}

type StoredRival = { readonly cause: string; readonly confidence: number };

/** What a connection is known by: keys of the catalogue, addresses and times as text. */
export type ConnectionFacts = Readonly<Record<string, Cell | readonly number[] | readonly string[] | StoredRival>>;

const connectionFields: readonly Field[] = [
  ...dimensions,
  ...attributes,
  ...counters.filter(({ rows }) => rows === 'both'),
];

/** Answers queries: reads them, plans SQL, asks the store, and remembers for a moment. */
export class Queries {
  private readonly cache: AnswerCache;
  private readonly flights = new Flights<Answer>();
  private readonly finder = new Finder();
  private readonly retention: Retention;

  constructor(private readonly dependencies: QueryDependencies) {
    const { config, retention, now } = dependencies;
    this.cache = new AnswerCache(config.cache, now);
    this.retention = new Retention(retention, now);
  }

  get stats(): QueryStats {
    const { hits, misses, bytes } = this.cache;
    return { running: this.flights.size, shared: this.flights.shared, cache: { hits, misses, bytes } };
  }

  /** Ends what waits for questions. */
  stop(): Promise<void> {
    return this.finder.stop();
  }

  /** Answers a query as it was sent. Throws errors of the catalogue. */
  async answer(input: unknown, signal?: AbortSignal): Promise<Answer> {
    const { config, captures, store, now } = this.dependencies;
    const question = readQuestion(input, config);
    switch (question.shape) {
      case 'empty':
        return { shape: 'empty', kind: question.kind, notices: question.notices, statements: [] };
      case 'health':
        return answerHealth(question, captures.snapshot(), store.stats(), now());
      default:
        return this.remembered(question, signal);
    }
  }

  /** The facts of one connection. Throws `connectionId`, `connectionUnknown`. */
  async connection(id: string, signal?: AbortSignal): Promise<ConnectionFacts> {
    const statement = connectionStatement(id, connectionFields);
    if (statement === null) {
      throw new TcpscopeError(errorKinds.connectionId, [id.slice(0, 60)]);
    }
    const { columns, count } = await this.session(signal).ask(statement, 1);
    if (count === 0) {
      throw new TcpscopeError(errorKinds.connectionUnknown, [id]);
    }
    const [, tags, ...values] = columns.map(([value]) => value);
    const facts = connectionFields.map((field, i): [string, Cell] => [field.name, factOf(field, values[i])]);
    return { id, vlans: tags as number[], ...Object.fromEntries(facts), ...(await this.verdict(id, signal)) };
  }

  /** Why a connection ended, in words; see docs/decisions/006. */
  private async verdict(id: string, signal: AbortSignal | undefined) {
    const { columns } = await this.session(signal).ask(storedByIdStatement(id)!, 1);
    const stored = new StoredVerdict(columns);
    const explanation = stored.explain();
    return {
      evidence: explanation?.evidence ?? [],
      against: explanation?.against ?? [],
      rival: stored.diagnosis()?.rival ?? null,
    };
  }

  /** The last packets of a connection as they were kept (`pipeline/kept-packets.ts`); empty when none were. */
  async packets(id: string, signal?: AbortSignal): Promise<readonly number[]> {
    const statement = packetsStatement(id);
    if (statement === null) {
      throw new TcpscopeError(errorKinds.connectionId, [id.slice(0, 60)]);
    }
    const { columns } = await this.session(signal).ask(statement, 1);
    return (columns[0]?.[0] as readonly number[] | undefined) ?? [];
  }

  private session(signal: AbortSignal | undefined): Session {
    const { store, config } = this.dependencies;
    return new Session(store, config.timeout, () => performance.now(), signal);
  }

  private async remembered(question: Asking, signal: AbortSignal | undefined): Promise<Answer> {
    const key = keyOf(question);
    const known = this.cache.get(key);
    return (
      known ??
      this.flights.join(key, signal, async (shared) => {
        const answer = await this.execute(question, this.session(shared));
        this.cache.set(key, answer, 'instants' in question ? question.instants.toMs : question.range.to * 1000);
        return answer;
      })
    );
  }

  private async execute(question: Asking, session: Session): Promise<Answer> {
    const { retention, now } = this.dependencies;
    switch (question.shape) {
      case 'timeseries':
        return answerTimeseries(await this.narrowed(question, session), session, this.retention);
      case 'groups':
        return answerGroups(await this.narrowed(question, session), session, this.retention);
      case 'closes':
        return answerCloses(await this.narrowed(question, session), session, this.retention);
      case 'connections':
        return answerConnections(question, session, retention, now());
      case 'causes':
        return answerCauses(question, session, retention, now());
      case 'findings':
        return answerFindings(question, session, this.finder, retention, now(), this.thresholds);
      case 'feed':
        return answerFeed(question, session, retention, now());
      case 'values':
        return answerValues(question, session, this.retention);
      case 'facts':
        return answerFacts(question, session);
    }
  }

  private get thresholds(): Thresholds {
    return this.dependencies.thresholds ?? defaultThresholds;
  }

  /** The question with the conversations that its answer leaves out. */
  private narrowed<Q extends Ranged>(question: Q, session: Session): Promise<Q> {
    const { retention, now } = this.dependencies;
    return leaveOut(question, session, this.thresholds, retention, now());
  }
}

/** Questions that the store answers. */
type Asking = Exclude<Question, { shape: 'empty' | 'health' }>;
