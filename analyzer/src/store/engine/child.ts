import { setPriority } from 'node:os';
import type * as Binding from 'chdb';
import type { Session } from 'chdb';
import type { FromEngine, Lane, ToEngine } from './protocol.js';

/**
 * The engine process: the only place that loads native database code. A crash in here costs a restart, not the capture.
 * It lives exactly as long as its parent: without a channel to it there is nobody to serve, and the lock on the data
 * must be free for the next owner.
 */

type Open = Extract<ToEngine, { kind: 'open' }>;

const sessions = new Set<Session>();
let lanes: Record<Lane, SessionLane> | undefined;

/**
 * Statements run in order of arrival, as many at a time as there are sessions.
 *
 * A session that a statement failed on is closed and replaced: the binding keeps what the statement had already put out
 * and hands it to the next one (chdb 3.4.0; seen after errors in the middle of a query, memory limits for one), which
 * would mix one answer with another. A new session costs some 5 ms.
 */
class SessionLane {
  private readonly waiting: Array<() => void> = [];

  private constructor(
    private readonly free: Session[],
    private readonly connect: () => Promise<Session>
  ) {}

  static async open(size: number, connect: () => Promise<Session>): Promise<SessionLane> {
    const free: Session[] = [];
    for (let i = 0; i < size; i++) {
      free.push(await connect());
    }
    return new SessionLane(free, connect);
  }

  async run(sql: string, format: string): Promise<Uint8Array> {
    let session = this.free.pop() ?? (await this.next());
    try {
      return (await session.queryAsync(sql, { format })).bytes();
    } catch (error) {
      session = await this.replace(session);
      throw error;
    } finally {
      this.free.push(session);
      this.waiting.shift()?.();
    }
  }

  private async replace(session: Session): Promise<Session> {
    sessions.delete(session);
    session.close();
    try {
      return await this.connect();
    } catch (error) {
      // Without sessions this process is of no use; the parent starts another.
      process.stderr.write(`no new session: ${(error as Error).message}\n`);
      process.exit(1);
    }
  }

  private async next(): Promise<Session> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.free.pop()!;
  }
}

function send(message: FromEngine): void {
  process.send?.(message);
}

async function open(message: Open): Promise<void> {
  let binding: typeof Binding;
  try {
    binding = (await import(message.module)) as typeof Binding;
  } catch (error) {
    send({ kind: 'failed', ...loadFailure(error) });
    return;
  }
  try {
    const connect = async (statements: string[]) => {
      const session = new binding.Session(message.folder, { connectionArgs: message.arguments });
      sessions.add(session);
      for (const statement of statements) {
        await session.queryAsync(statement);
      }
      return session;
    };
    const { prelude, ingestPrelude, querySessions } = message;
    lanes = {
      admin: await SessionLane.open(1, () => connect(prelude)),
      ingest: await SessionLane.open(1, () => connect([...prelude, ...ingestPrelude])),
      query: await SessionLane.open(querySessions, () => connect(prelude)),
    };
    const version = await lanes.admin.run('SELECT version()', 'TSV');
    send({ kind: 'opened', version: new TextDecoder().decode(version).trim() });
  } catch (error) {
    send({ kind: 'failed', ...openFailure(error) });
  }
}

function loadFailure(error: unknown): { reason: 'missing' | 'unsupported'; message: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return { reason: missing ? 'missing' : 'unsupported', message };
}

/** The binding loads its native part with the first session: a platform without one shows here. */
function openFailure(error: unknown): { reason: 'missing' | 'unsupported' | 'failed'; message: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'CHDB_PLATFORM':
      return {
        reason: /not installed/.test(message) && process.platform !== 'win32' ? 'missing' : 'unsupported',
        message,
      };
    case 'CHDB_ABI':
      return { reason: 'unsupported', message };
    default:
      return { reason: 'failed', message };
  }
}

async function run(id: number, lane: Lane, sql: string, format: string): Promise<void> {
  try {
    send({ kind: 'done', id, bytes: await lanes![lane].run(sql, format) });
  } catch (error) {
    const { message, clickhouseCode } = error as Error & { clickhouseCode?: number };
    send({ kind: 'fault', id, message, code: clickhouseCode ?? null });
  }
}

let closing = false;

function close(): void {
  closing = true;
  for (const session of sessions) {
    session.close();
  }
  process.disconnect();
}

// Merges and queries give way to the capture, which loses packets when it has to wait. Before the binding is loaded:
// its threads inherit the priority.
setPriority(5);

process.on('message', (message: ToEngine) => {
  switch (message.kind) {
    case 'open':
      void open(message);
      break;
    case 'run':
      void run(message.id, message.lane, message.sql, message.format);
      break;
    case 'memory': {
      const bytes = new TextEncoder().encode(String(process.memoryUsage.rss()));
      send({ kind: 'done', id: message.id, bytes });
      break;
    }
    case 'close':
      close();
      break;
  }
});

// The parent died. Statements may still run, and only a kill ends them at once; what they wrote so far is either whole
// or not there, and is replayed from the spool.
process.on('disconnect', () => {
  if (!closing) {
    process.kill(process.pid, 'SIGKILL');
  }
});

// A terminal or a service manager signals the whole group. The parent decides when the engine ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
