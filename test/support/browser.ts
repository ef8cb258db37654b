import { chromium, type Browser, type Page } from 'playwright-core';
import { browserPackages, installPackages } from '../../stack/binaries/debian.js';
import { findExecutable } from '../../stack/binaries/find-executable.js';

/** Starts Debian's Chromium; installs it where it is not there. */
export async function openBrowser(): Promise<Browser> {
  await installPackages('browser', browserPackages, (line) => process.stderr.write(`${line}\n`));
  const executablePath = findExecutable('chromium');
  if (executablePath === undefined) throw new Error('chromium: expected it on PATH, found none');
  // Its sandbox does not run as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

/**
 * Goes somewhere until the page is there. While pods come and go the machine's network changes, and Chromium then drops every
 * connection, also those to loopback.
 */
export async function visit(page: Page, address: string): Promise<void> {
  for (let left = 4; ; left -= 1) {
    try {
      await page.goto(address);
      await page.locator('h1').first().waitFor({ timeout: 8000 });
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
