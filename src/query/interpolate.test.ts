import { interpolateFilter, literal, type Lookup } from './interpolate';

const variables: Record<string, string[] | 'all'> = {
  one: ['10.0.0.1'],
  two: ['10.0.0.1', '10.0.0.2'],
  ports: ['443', '8443'],
  all: 'all',
  none: [],
  blank: [''],
  app: ['web shop'],
  apps: ['web shop', 'say "hi"', 'back\\slash'],
  evil: ['x" or rst.count > 0 or application = "'],
  digits: ['443'],
  apostrophe: ["it's"],
  key: ['rst.count.srv'],
  limit: ['5'],
  range: ['8000..8080'],
  where: ['rst.count > 0 or fin.count = 0'],
  hosts: ['a.example', 'b+c'],
};
const lookup: Lookup = (reference) => {
  const name = /^\$\{([^:}]*)|^\$(\w+)|^\[\[([^:\]]*)/.exec(reference);
  return variables[name?.[1] ?? name?.[2] ?? name?.[3] ?? ''] ?? null;
};

describe('variables in a filter', () => {
  test.each([
    ['a text without variables stays as it is', 'rst.count>0  and fin.count = 0', 'rst.count>0  and fin.count = 0'],
    ['one value of =', 'server.ip = $one', 'server.ip = "10.0.0.1"'],
    ['several values of = become a set', 'server.ip = $two', 'server.ip in {"10.0.0.1", "10.0.0.2"}'],
    ['several values of == without blanks', 'server.ip==$two', 'server.ip in {"10.0.0.1", "10.0.0.2"}'],
    ['several values of != are excluded', 'server.ip != ${two}', 'server.ip not in {"10.0.0.1", "10.0.0.2"}'],
    ['one value of in', 'server.ip in $one', 'server.ip in "10.0.0.1"'],
    ['several values of in', 'server.ip in $two', 'server.ip in {"10.0.0.1", "10.0.0.2"}'],
    ['several values of not in', 'server.ip not in [[two]]', 'server.ip not in {"10.0.0.1", "10.0.0.2"}'],
    ['inside a set', 'server.ip in {10.9.9.9, $two}', 'server.ip in {10.9.9.9, "10.0.0.1", "10.0.0.2"}'],
    [
      'a format is the user’s old habit and changes nothing',
      'server.ip in {${two:csv}}',
      'server.ip in {"10.0.0.1", "10.0.0.2"}',
    ],
    ['ports', 'server.port in $ports', 'server.port in {"443", "8443"}'],
    ['texts are quoted', 'application = $app', 'application = "web shop"'],
    ['texts in the user’s quotes', 'application = "$app"', 'application = "web shop"'],
    [
      'several texts in the user’s quotes',
      'application = "$apps"',
      'application in {"web shop", "say \\"hi\\"", "back\\\\slash"}',
    ],
    ['a number is quoted where the field is a text', 'application = $digits', 'application = "443"'],
    [
      'a value cannot become part of the filter',
      'application = $evil',
      'application = "x\\" or rst.count > 0 or application = \\""',
    ],
    [
      'nor inside longer quotes',
      'application = "a-$evil"',
      'application = "a-x\\" or rst.count > 0 or application = \\""',
    ],
    ['nor inside single quotes', "application = 'a-$apostrophe'", "application = 'a-it\\'s'"],
    [
      'nor inside a pattern',
      'application ~ "^$evil$"',
      'application ~ "^x\\" or rst\\\\.count > 0 or application = \\"$"',
    ],
    ['a field', '$key > 3', 'rst.count.srv > 3'],
    ['a number that is compared by size', 'rst.count >= $limit', 'rst.count >= 5'],
    ['a number that is counted with', 'rst.count = 2 * $limit', 'rst.count = 2 * 5'],
    ['a range', 'server.port in $range', 'server.port in 8000..8080'],
    ['a condition of its own', 'ct.count > 0 and $where', 'ct.count > 0 and (rst.count > 0 or fin.count = 0)'],
    ['patterns take values literally', 'probe ~ "^$hosts$"', 'probe ~ "^(a\\\\.example|b\\\\+c)$"'],
    ['an unknown variable is left for the analyzer to name', 'server.ip = $nothing', 'server.ip = $nothing'],
    ['an unknown variable alone too', '$nothing', '$nothing'],
    ['a broken filter is left for the analyzer to explain', '(server.ip = $one', '(server.ip = $one'],
  ])('%s', (_, text, expected) => {
    expect(interpolateFilter(text, lookup)).toBe(expected);
  });

  test.each([
    ['alone', 'server.ip in $all', ''],
    ['no choice is no limit', 'server.ip = $none', ''],
    ['an empty text box is no limit', 'client.zone = "$blank"', ''],
    ['an empty condition', '$blank', ''],
    ['before and', 'server.ip in $all and rst.count > 0', 'rst.count > 0'],
    ['after and', 'rst.count > 0 and server.ip = ${all}', 'rst.count > 0'],
    ['in the middle', 'rst.count > 0 and server.ip in {$all} and fin.count = 0', 'rst.count > 0 and fin.count = 0'],
    ['in parentheses', '(server.ip in $all) and rst.count > 0', 'rst.count > 0'],
    ['in one part of an or', 'rst.count > 0 or server.ip in $all', ''],
    ['in an or inside an and', 'fin.count = 0 and (rst.count > 0 or server.ip in $all)', 'fin.count = 0'],
    ['under not', 'not server.ip in $all and rst.count > 0', 'rst.count > 0'],
    ['arithmetic stays', '(rst.count + fin.count) > 3 and server.ip in $all', '(rst.count + fin.count) > 3'],
  ])('all values drop the condition: %s', (_, text, expected) => {
    expect(interpolateFilter(text, lookup)).toBe(expected);
  });

  test.each([
    ['10.0.0.0/8', false, '"10.0.0.0/8"'],
    ['443', false, '"443"'],
    ['443', true, '443'],
    ['5ms', true, '5ms'],
    ['8000..8080', false, '8000..8080'],
    ['1 or 1', true, '"1 or 1"'],
    ['a "quoted" \\ text', false, '"a \\"quoted\\" \\\\ text"'],
  ])('%s (counted with: %s) is written %s', (value, isQuantity, expected) => {
    expect(literal(value, isQuantity)).toBe(expected);
  });
});
