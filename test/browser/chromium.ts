import sparticuz from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

/**
 * A headless Chromium: the one named by CHROMIUM_PATH, or the one that comes with @sparticuz/chromium (Linux, x64). The
 * switches keep it from asking the network for anything of its own. The package's own switches are for functions in a
 * cloud: with one process for all, the browser would end with its first page.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? (await sparticuz.executablePath()),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
