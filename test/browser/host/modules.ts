import * as emotionCss from '@emotion/css';
import * as data from '@grafana/data';
import * as runtime from '@grafana/runtime';
import * as ui from '@grafana/ui';
import * as lodash from 'lodash';
import * as React from 'react';
import * as ReactDOM from 'react-dom';
import * as jsxRuntime from 'react/jsx-runtime';
import * as rxjs from 'rxjs';

/** What Grafana shares with plugins, as far as this plugin asks for it. */
const shared: Record<string, unknown> = {
  '@emotion/css': emotionCss,
  '@grafana/data': data,
  '@grafana/runtime': runtime,
  '@grafana/ui': ui,
  lodash,
  react: React,
  'react-dom': ReactDOM,
  'react/jsx-runtime': jsxRuntime,
  rxjs,
};

type Factory = (...dependencies: unknown[]) => unknown;

/** Loads a plugin's AMD module. One dependency, `module`, tells it its own address. */
export function loadPlugin<T>(address: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const define = (...args: unknown[]) => {
      const [names, factory] = (typeof args[0] === 'string' ? args.slice(1) : args) as [string[], Factory];
      const exports = {};
      const dependencies = names.map((name) => {
        if (name === 'exports') {
          return exports;
        }
        if (name === 'module') {
          return { uri: new URL(address, window.location.href).href };
        }
        if (!(name in shared)) {
          throw new Error(`Grafana does not share ${name} with plugins, or this page does not`);
        }
        return shared[name];
      });
      resolve((factory(...dependencies) ?? exports) as T);
    };
    Object.assign(window, { define: Object.assign(define, { amd: {} }) });
    const script = document.createElement('script');
    script.src = address;
    script.onerror = () => reject(new Error(`cannot load ${address}`));
    document.head.append(script);
  });
}
