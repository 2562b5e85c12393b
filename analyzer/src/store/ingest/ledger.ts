import type { Engine } from '../engine/engine.js';
import { sqlString } from '../engine/parameters.js';
import { read } from '../schema/read.js';
import type { SpoolFile } from '../spool/name.js';

interface Import {
  readonly layout: string;
  readonly tokens: Set<string>;
  complete: boolean;
}

/**
 * Which blocks of which files were imported. The engine forgets a token after a thousand later blocks; that is enough
 * for replays after a crash, but the same file may be imported again after months, and must add nothing then.
 */
export class ImportLedger {
  private readonly imports = new Map<string, Import>();

  private constructor(
    private readonly engine: Engine,
    private readonly now: () => number
  ) {}

  static async load(engine: Engine, now: () => number): Promise<ImportLedger> {
    const ledger = new ImportLedger(engine, now);
    // Of complete imports the tokens are not needed: whatever carries their name is a duplicate.
    const rows = await read(
      engine,
      `SELECT probe, run, any(layout), max(complete), if(max(complete), [], groupUniqArray(token))
       FROM imports GROUP BY probe, run`
    );
    for (const [probe, run, layout, complete, tokens] of rows) {
      ledger.imports.set(`${probe}.${run}`, {
        layout: String(layout),
        complete: complete === true,
        tokens: new Set(tokens as string[]),
      });
    }
    return ledger;
  }

  /** What to do with a block of an import. A file imported with two layouts would be counted twice in part. */
  check(file: SpoolFile): 'new' | 'duplicate' | 'conflict' {
    const known = this.imports.get(`${file.probe}.${file.run}`);
    if (known === undefined) {
      return 'new';
    }
    if (known.complete || known.tokens.has(file.token)) {
      return 'duplicate';
    }
    return known.layout === file.layout ? 'new' : 'conflict';
  }

  /** Notes a block that was stored. The mark that ends an import is a file of the table `imports`. */
  async record(file: SpoolFile): Promise<void> {
    const complete = file.table === 'imports';
    const texts = [file.probe, file.run, file.layout, file.token].map(sqlString).join(', ');
    const at = Math.floor(this.now() / 1000);
    await this.engine.execute(`INSERT INTO imports VALUES (${texts}, ${file.rows}, ${complete}, ${at})`);
    const key = `${file.probe}.${file.run}`;
    const known = this.imports.get(key) ?? { layout: file.layout, tokens: new Set(), complete: false };
    known.tokens.add(file.token);
    if (complete) {
      known.complete = true;
      known.tokens.clear();
    }
    this.imports.set(key, known);
  }
}
