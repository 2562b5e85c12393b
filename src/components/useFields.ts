import { useEffect, useState } from 'react';
import type { TcpDataSource } from '../datasource';
import type { FieldInfo } from '../types';

export interface Fields {
  fields: FieldInfo[];
  loading: boolean;
  /** Why the catalogue could not be had; names can then be typed, without a list to choose from. */
  error?: string;
}

/** The analyzer's catalogue for an editor. */
export function useFields(datasource: TcpDataSource): Fields {
  const [state, setState] = useState<Fields>({ fields: [], loading: true });
  useEffect(() => {
    let current = true;
    const show = (next: Fields) => current && setState(next);
    datasource.fields().then(
      (fields) => show({ fields, loading: false }),
      (error) => show({ fields: [], loading: false, error: messageOf(error) })
    );
    return () => {
      current = false;
    };
  }, [datasource]);
  return state;
}

/** What Grafana's fetch errors and others say. */
export function messageOf(error: unknown): string {
  const { data, message } = (error ?? {}) as { data?: { message?: string }; message?: string };
  return data?.message ?? message ?? String(error);
}
