import { pieces, shape, type Piece, type Shape } from './conditions';

/** Values of a dashboard variable; null when the dashboard has none of this name, `all` when it sets no limit. */
export type Lookup = (reference: string) => string[] | 'all' | null;

export const hasVariables = (text: string) =>
  pieces(text).some((piece) => piece.kind === 'variable' || (piece.kind === 'text' && variables.test(piece.text)));

const variables = /\$\{[^{}]*\}|\$[a-z_]\w*|\[\[[^[\]]*\]\]/i;
const everyVariable = new RegExp(variables.source, 'gi');

const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?(%|us|ms|[smhkMG])?$/;
const range = /^\d+\.\.\d+$/;

/**
 * A value as the language writes it. Values are quoted, so that none can be read as another part of the filter, and the
 * language takes a quoted 443 for a port and for an application alike. Only what has no quoted form stays bare: ranges
 * (8000..8080), and numbers that are counted with or compared by size (5ms).
 */
export function literal(value: string, isQuantity: boolean): string {
  return range.test(value) || (isQuantity && number.test(value)) ? value : quoted(value);
}

/** As it stands between quotes of either kind. */
const inQuotes = (value: string) => value.replace(/[\\"']/g, '\\$&');
const quoted = (value: string) => `"${value.replace(/[\\"]/g, '\\$&')}"`;
const escapedForPattern = (value: string) => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Thrown inside one condition, to drop it: one of its variables means "all", or is empty. */
const unlimited = Symbol('unlimited');

/**
 * Puts the values of dashboard variables into a filter. Several values become a set, `=` and `!=` become `in` and `not in`;
 * a variable that stands for all values, or for none, takes its condition with it. A variable that stands alone is a
 * condition itself (a text box with a filter). What the user wrote is otherwise left as it is.
 */
export function interpolateFilter(text: string, lookup: Lookup): string {
  if (!hasVariables(text)) {
    return text;
  }
  const found = shape(text);
  if (found === null) {
    return text;
  }
  return render(found, text, lookup) ?? '';
}

function render(node: Shape, text: string, lookup: Lookup): string | null {
  switch (node.type) {
    case 'condition':
      try {
        return condition(node.pieces, text, lookup);
      } catch (thrown) {
        if (thrown === unlimited) {
          return null;
        }
        throw thrown;
      }
    case 'not': {
      const inner = render(node.inner, text, lookup);
      return inner === null ? null : text.slice(node.start, node.inner.start) + inner;
    }
    case 'group': {
      const inner = render(node.inner, text, lookup);
      return inner === null
        ? null
        : text.slice(node.start, node.inner.start) + inner + text.slice(node.inner.end, node.end);
    }
    default: {
      const parts = node.parts.map((part) => render(part, text, lookup));
      const kept = parts.filter((part) => part !== null);
      if (node.type === 'or' && kept.length < parts.length) {
        return null; // "this or anything" is anything
      }
      if (kept.length < parts.length) {
        return kept.length === 0 ? null : kept.join(' and ');
      }
      return node.parts
        .map((part, i) => (i === 0 ? '' : text.slice(node.parts[i - 1].end, part.start)) + kept[i])
        .join('');
    }
  }
}

function condition(all: Piece[], text: string, lookup: Lookup): string {
  const values = (reference: string): string[] => {
    const found = lookup(reference);
    const some = found === null ? [reference] : found === 'all' ? [] : found.filter((value) => value !== '');
    if (some.length === 0) {
      throw unlimited;
    }
    return some;
  };
  // "$name" in quotes is the variable, when nothing else is in the quotes.
  const reference = (piece: Piece): string | null => {
    const bare = piece.kind === 'text' ? piece.text.slice(1, -1) : piece.kind === 'variable' ? piece.text : '';
    return bare.replace(variables, '') === '' && bare !== '' ? bare : null;
  };

  if (all.length === 1 && all[0].kind === 'variable') {
    const only = values(all[0].text).join(' and ');
    return lookup(all[0].text) === null ? only : `(${only})`;
  }

  let result = '';
  let end = all[0].start;
  let inSet = false;
  let pattern = false;
  all.forEach((piece, i) => {
    let blank = text.slice(end, piece.start);
    end = piece.end;
    inSet = piece.text === '{' ? true : piece.text === '}' ? false : inSet;
    pattern = piece.kind === 'relation' ? piece.text.endsWith('~') : pattern;
    const name = reference(piece);
    let written = piece.text;
    if (pattern && piece.kind === 'text') {
      written = piece.text.replace(everyVariable, (match) => {
        const parts =
          lookup(match) === null ? [match] : values(match).map((value) => inQuotes(escapedForPattern(value)));
        return parts.length === 1 ? parts[0] : `(${parts.join('|')})`;
      });
    } else if (name !== null && lookup(name) !== null) {
      const parts = values(name);
      const before = all[i - 1];
      const isKey = i === 0 && /^#?[a-z_][\w.]*$/i.test(parts[0]) && parts.length === 1;
      const arithmetic = (near: Piece | undefined) => near !== undefined && /^([<>]=?|[-+*/(])$/.test(near.text);
      const isQuantity = arithmetic(before) || arithmetic(all[i + 1]);
      const items = parts.map((part) => literal(part, isQuantity)).join(', ');
      if (isKey) {
        written = parts[0];
      } else if (pattern) {
        written = quoted(parts.length === 1 ? parts[0] : parts.map(escapedForPattern).join('|'));
      } else if (inSet || parts.length === 1) {
        written = items;
      } else if (before?.kind === 'relation' && /^(==?|!=|<>)$/.test(before.text) && i === all.length - 1) {
        result = result.slice(0, result.length - before.text.length);
        const word = before.text.startsWith('=') ? 'in' : 'not in';
        written = `${/\s$/.test(result) ? '' : ' '}${word} {${items}}`;
        blank = '';
      } else {
        written = `{${items}}`;
      }
    } else if (piece.kind === 'text') {
      written = piece.text.replace(everyVariable, (match) =>
        lookup(match) === null ? match : inQuotes(values(match).join(','))
      );
    }
    result += blank + written;
  });
  return result;
}
