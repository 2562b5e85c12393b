import { useEffect, useState } from 'react';
import type { TcpDataSource } from '../datasource';
import type { FilterAnswer } from '../types';
import { messageOf } from './useFields';

/** Long enough not to ask for every key, short enough to answer while the eye is still there. In milliseconds. */
export const checkDelay = 300;

export interface FilterCheck {
  /** The text that the answer is about, with variables replaced; positions refer to it. */
  text: string;
  answer?: FilterAnswer;
  /** Why there is no answer. */
  error?: string;
}

/** Asks the analyzer about a filter once the user stops typing. Undefined while there is nothing to say. */
export function useFilterCheck(
  datasource: TcpDataSource,
  filter: string,
  rows: 'windows' | 'connections'
): FilterCheck | undefined {
  const [check, setCheck] = useState<FilterCheck & { of: string }>();
  const text = datasource.interpolateFilter(filter);
  const of = `${rows} ${text}`;

  useEffect(() => {
    if (text.trim() === '') {
      return;
    }
    let current = true;
    const show = (next: FilterCheck) => current && setCheck({ ...next, of });
    const timer = setTimeout(() => {
      datasource.checkFilter(text, rows).then(
        (answer) => show({ text, answer }),
        (error) => show({ text, error: messageOf(error) })
      );
    }, checkDelay);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [datasource, text, rows, of]);

  return check?.of === of && text.trim() !== '' ? check : undefined;
}
