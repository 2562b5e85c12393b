// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';
import { MessageChannel } from 'worker_threads';

// jsdom lacks what @grafana/ui 13.2 and React 19 expect of a browser.
global.MessageChannel ??= MessageChannel;
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
global.ResizeObserver ??= NoObserver;
global.IntersectionObserver ??= NoObserver;
