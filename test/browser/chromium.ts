import { chromium, type Browser } from 'playwright-core';
import { unpackChromium } from './unpack-chromium.js';

/** All but the first two keep it from asking the network for anything of its own. */
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless Chromium: the one named by CHROMIUM_PATH, or the one that comes with @sparticuz/chromium (Linux, x64). */
export async function launchChromium(): Promise<Browser> {
  if (process.env.CHROMIUM_PATH !== undefined) {
    return chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: switches });
  }
  const { executable, env } = unpackChromium();
  try {
    return await chromium.launch({ executablePath: executable, args: switches });
  } catch (error) {
    if (!String(error).includes('error while loading shared libraries')) {
      throw error;
    }
    // A machine without a desktop. Where there is one, its own libraries and fonts are newer.
    return chromium.launch({ executablePath: executable, args: switches, env: { ...process.env, ...env } });
  }
}
