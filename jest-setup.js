// Jest setup provided by Grafana scaffolding
import './.config/jest-setup';

// jsdom lacks what @grafana/ui 13.2 and React 19 expect of a browser.
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
global.ResizeObserver ??= NoObserver;
global.IntersectionObserver ??= NoObserver;
global.MessageChannel ??= class {
  constructor() {
    this.port1 = { onmessage: null };
    this.port2 = { postMessage: (data) => setTimeout(() => this.port1.onmessage?.({ data }), 0) };
  }
};
// Lists measure their longest entry on a canvas.
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: 8 * text.length }) });
