import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Files that are started on their own: workers and child processes. The build writes each as a file of that name beside
 * the bundle (build.mjs); under a TypeScript loader (tests) they are the sources themselves.
 */
export type EntryPoint =
  | 'pipeline/live-worker'
  | 'pipeline/file-worker'
  | 'pipeline/stream-worker'
  | 'query/findings/worker'
  | 'store/engine/child';

const source = import.meta.url.endsWith('.ts');

/** URL of an entry point. This file lies at the root of the sources, and the bundle at the root of dist. */
export function entryPoint(name: EntryPoint): URL {
  return new URL(`./${name}.${source ? 'ts' : 'js'}`, import.meta.url);
}

/** Arguments for Node that make an entry point run: the loader when there is TypeScript to load. */
export const entryArguments: readonly string[] = source ? ['--import', 'tsx'] : [];

/** Starts a worker thread. Under a TypeScript loader the thread first loads the loader, which threads do not inherit. */
export function startWorker(name: EntryPoint, workerData: unknown, options: WorkerOptions = {}): Worker {
  if (!source) {
    return new Worker(entryPoint(name), { ...options, workerData });
  }
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${loader}).then(({ register }) => { register(); return import('${entryPoint(name).href}'); });`;
  return new Worker(code, { ...options, eval: true, workerData });
}
