// Reporter for node:test: failed tests as they come, skipped ones with their reason, and one line of counts as JSON for
// scripts/test.mjs at the end.
export default async function* reporter(source) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for await (const { type, data } of source) {
    if (type === 'test:pass' && data.details.type !== 'suite') {
      if (data.skip !== undefined) {
        counts.skipped.push(`${data.name}: ${data.skip === true ? 'skipped' : data.skip}`);
      } else {
        counts.passed++;
      }
    } else if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      counts.failed++;
      const { error } = data.details;
      const cause = error?.cause ?? error;
      yield `  not ok: ${data.name} (${data.file ?? ''}:${data.line ?? ''})\n${indent(cause?.stack ?? cause)}\n`;
    } else if (type === 'test:stderr') {
      yield data.message;
    }
  }
  yield `\n#counts ${JSON.stringify(counts)}\n`;
}

function indent(text) {
  return String(text).replace(/^/gm, '    ');
}
