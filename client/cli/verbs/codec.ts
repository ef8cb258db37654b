import type { Command } from 'commander';
import type { Context } from '../context.js';
import { collect, numberOption } from '../options.js';

const usualPort = 8081;

interface CodecOptions {
  port: number;
  origin?: string[];
}

/** Adds `codec`. */
export function addCodec(program: Command, context: Context): void {
  program
    .command('codec')
    .description('serve decryption to the Temporal UI of this machine (settings there: "Remote Codec Endpoint")')
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', numberOption(0, 65_535), usualPort)
    .option('--origin <address>', 'address of the UI; may be given more than once; default: this machine’s', collect)
    .action((options: CodecOptions) => serveCodec(options, context));
}

async function serveCodec(options: CodecOptions, { terminal }: Context): Promise<void> {
  const [{ startCodecServer }, { loadConfig }, { loadDataConverter }] = await Promise.all([
    import('../../codec-server.js'),
    import('../../../core/config.js'),
    import('../../../core/data-converter.js'),
  ]);
  const { payloadCodecs = [] } = loadDataConverter(loadConfig(terminal.environment).keyRing);
  const server = await startCodecServer({ codecs: payloadCodecs, port: options.port, origins: options.origin ?? [] });
  terminal.stderr.write(`codec server: ${server.address} (Temporal UI → Settings → Data Encoder); Ctrl-C ends it\n`);
  await new Promise<void>((resolve) => {
    const release = terminal.onInterrupt(() => {
      release();
      resolve();
    });
  });
  await server.close();
}
