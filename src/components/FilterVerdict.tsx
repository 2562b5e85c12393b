import React from 'react';
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Icon, useStyles2 } from '@grafana/ui';
import { corrected, excerpt } from '../query/verdict';
import type { FilterCheck } from './useFilterCheck';

interface Props {
  id: string;
  /** What the user wrote. */
  filter: string;
  check?: FilterCheck;
  onReplace: (filter: string) => void;
}

/** What the analyzer says of a filter: what is wrong, where, and what to write instead. Silent while all is well. */
export function FilterVerdict({ id, filter, check, onReplace }: Props) {
  const styles = useStyles2(getStyles);
  const { answer, error, text = '' } = check ?? {};
  const problem = answer?.ok === false ? answer.problem : undefined;
  const place = problem?.position && excerpt(text, problem.position);
  // Positions are of the text that was sent. With variables in it, that is not what the user sees.
  const replaced = text !== filter;
  const correction = problem && !replaced ? corrected(text, problem) : null;

  return (
    <div id={id} role="status" aria-live="polite" data-testid="filter-verdict">
      {problem && (
        <div className={cx(styles.verdict, styles.wrong)}>
          <Icon name="exclamation-circle" className={styles.icon} />
          <div>
            <div>{problem.message}</div>
            {place && (
              <code className={styles.place} aria-label="Where the filter is wrong">
                {replaced && <span className={styles.quiet}>with today’s variables: </span>}
                {place.before}
                <mark className={styles.mark}>{place.wrong || '\u00a0'}</mark>
                {place.after}
              </code>
            )}
            {correction !== null && (
              <Button size="sm" variant="secondary" fill="outline" onClick={() => onReplace(correction)}>
                Use {problem.hint}
              </Button>
            )}
          </div>
        </div>
      )}
      {answer?.ok &&
        answer.advice?.map(({ code, message, filter: better }) => (
          <div key={code + message} className={styles.verdict}>
            <Icon name="info-circle" className={styles.icon} />
            <div>
              <div>{message}</div>
              {better !== undefined && !replaced && (
                <div className={styles.offer}>
                  <code className={styles.place}>{better}</code>
                  <Button size="sm" variant="secondary" fill="outline" onClick={() => onReplace(better)}>
                    Use it
                  </Button>
                </div>
              )}
            </div>
          </div>
        ))}
      {error && (
        <div className={styles.verdict}>
          <Icon name="exclamation-triangle" className={styles.icon} />
          <div>The filter could not be checked: {error}</div>
        </div>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  verdict: css({
    display: 'flex',
    gap: theme.spacing(1),
    marginTop: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  wrong: css({ color: theme.colors.error.text }),
  icon: css({ flexShrink: 0, marginTop: 2 }),
  quiet: css({ color: theme.colors.text.secondary }),
  offer: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  place: css({
    display: 'block',
    width: 'fit-content',
    margin: theme.spacing(0.5, 0),
    padding: theme.spacing(0.25, 0.75),
    color: theme.colors.text.primary,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  }),
  mark: css({
    color: 'inherit',
    background: theme.colors.error.transparent,
    textDecoration: `underline wavy ${theme.colors.error.border}`,
    textUnderlineOffset: 3,
  }),
});
