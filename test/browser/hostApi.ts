/** What tests call in the page (`host`, see host/main.tsx). Values cross between Node and the browser as JSON. */

/** One dashboard variable and its choice; "All" is the value `$__all`. */
export interface Variable {
  name: string;
  value: string | string[];
  /** Every value, which "All" stands for. */
  options?: string[];
  allValue?: string;
}

/** What a panel showed. */
export interface PanelResult {
  title: string;
  type: string;
  error?: string;
  frames: Array<{ refId?: string; fields: string[]; rows: number }>;
  /** Texts of the frames' notices. */
  notices: string[];
}

export interface QueryResult {
  errors: Array<{ message?: string; refId?: string }>;
  frames: Array<{ refId?: string; fields: string[]; rows: number }>;
}

export interface HostApi {
  /** Version of React. */
  react: string;
  state: {
    /** What the editor on the page has made of its query or options. */
    edited: object;
    /** How often the query editor asked to run. */
    runs: number;
  };
  /** Loads the plugin. */
  open(): Promise<void>;
  showConfigEditor(options: object): void;
  showQueryEditor(query: object, app?: string): void;
  showVariableEditor(query: object): void;
  setVariables(list: Variable[]): void;
  /** Values of a query variable. Times are milliseconds since 1970. */
  variableValues(query: object, from: number, to: number): Promise<string[]>;
  /** Answers of a query as a panel gets them, with a dashboard's ad hoc filters. */
  query(targets: object[], from: number, to: number, filters?: object[]): Promise<QueryResult>;
  /** Draws a dashboard (Grafana's JSON) and waits until every panel has its answer. */
  showDashboard(dashboard: object, from: number, to: number): Promise<PanelResult[]>;
}
