import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { keptMetrics, readMetrics, type ReadMetric, type Snapshot } from './catalogue.js';

/** Seconds: from an answer out of memory to the time limit of a query. */
const buckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A request that is counted: `url` is the route's, so that ids are no labels; none when no route was found. */
export interface CountedRequest {
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** Metrics in a registry of their own, read from their sources when they are asked for. */
export class ApiMetrics {
  private readonly registry = new Registry();
  private readonly requests: Counter<'route' | 'method' | 'status'>;
  private readonly requestSeconds: Histogram<'route'>;
  private readonly queries: Histogram<'kind'>;
  private readonly queryErrors: Counter<'code'>;
  private readonly counted = new WeakSet<CountedRequest>();
  private readonly updates: Array<(snapshot: Snapshot) => void> = [];

  constructor(private readonly snapshot: () => Snapshot) {
    readMetrics.forEach((metric) => this.updates.push(this.follow(metric)));
    const registers = [this.registry];
    const { requests, requestSeconds, queries, queryErrors } = keptMetrics;
    this.requests = new Counter({ name: requests.name, help: requests.help, labelNames: requests.labels, registers });
    this.requestSeconds = new Histogram({
      name: requestSeconds.name,
      help: requestSeconds.help,
      labelNames: requestSeconds.labels,
      buckets,
      registers,
    });
    this.queries = new Histogram({
      name: queries.name,
      help: queries.help,
      labelNames: queries.labels,
      buckets,
      registers,
    });
    this.queryErrors = new Counter({
      name: queryErrors.name,
      help: queryErrors.help,
      labelNames: queryErrors.labels,
      registers,
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Counts a request, once however often it is said. `seconds` is null where time says nothing of us. */
  answered(request: CountedRequest, status: number, seconds: number | null): void {
    if (this.counted.has(request)) {
      return;
    }
    this.counted.add(request);
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? 'none';
    this.requests.inc({ route, method, status: String(status) });
    if (seconds !== null) {
      this.requestSeconds.observe({ route }, seconds);
    }
  }

  queried(kind: string, seconds: number): void {
    this.queries.observe({ kind }, seconds);
  }

  failed(code: string): void {
    this.queryErrors.inc({ code });
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    const snapshot = this.snapshot();
    this.updates.forEach((update) => update(snapshot));
    return this.registry.metrics();
  }

  private follow({ name, help, type, labels, read }: ReadMetric): (snapshot: Snapshot) => void {
    const options = { name, help, labelNames: [...labels], registers: [this.registry] };
    const metric = type === 'counter' ? new Counter(options) : new Gauge(options);
    return (snapshot) => {
      metric.reset();
      for (const { labels: of = {}, value } of read(snapshot)) {
        // What is not known has no sample: 0 would say that nothing was lost.
        if (value !== null) {
          metric.inc(of, value);
        }
      }
    };
  }
}
