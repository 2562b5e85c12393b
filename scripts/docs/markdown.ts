/** A page that is made of what the program itself knows. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly title: string;
  /** Markdown below the title. */
  readonly body: string;
}

/** Text in a cell of a table: a bar would end the cell. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string) => `\`${text}\``;

export const codes = (texts: readonly string[]) => texts.map(code).join(', ');

export const paragraphs = (...texts: readonly string[]) => texts.join('\n\n');
