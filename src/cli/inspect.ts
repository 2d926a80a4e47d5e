/** `cytodrop inspect`: what files say beside their pixels. */
import { Command, Option } from 'commander';
import { contentText, CytodropError, Inspector, schemaNames } from '../js/index.ts';
import { exitCode } from './exit.ts';
import { oneOf, outputOption } from './options.ts';
import { withOutput, write } from './output.ts';
import { filesOf } from './paths.ts';

interface Options { format: 'text' | 'json'; output?: string }

export function inspectCommand(finish: (code: number) => void): Command {
  return new Command('inspect')
    .summary('list what files say beside their pixels')
    .description('Lists what each file says beside its pixels (EXIF, OME-XML, TIFF tags, PNG texts, JPEG comments) and marks what may tell of a person, a place, a time or one very device; '
      + 'none of it is ever in the results of the other commands.')
    .argument('<path...>', 'image files or folders')
    .addOption(new Option('--format <format>', 'text, or json with one object a line').default('text').argParser(oneOf(['text', 'json'])))
    .addOption(outputOption())
    .action(async (paths: string[], options: Options) => finish(await inspect(paths, options)));
}

async function inspect(paths: string[], { format, output: file }: Options): Promise<number> {
  return withOutput(file, async (output) => {
    const inspector = await Inspector.open();
    let unread = 0;
    for (const [i, path] of (await filesOf(paths)).entries()) {
      let problem = '';
      const content = await inspector.inspect(path).catch((error: unknown) => {
        if (!(error instanceof CytodropError)) throw error;
        problem = error.message;
        return null;
      });
      if (content?.facts == null) unread++;
      if (format === 'json') await write(output, `${JSON.stringify({ file: path, ...(content ?? { facts: null, problem, tags: [], notes: [] }), schema: schemaNames.inspection })}\n`);
      else await write(output, `${i > 0 ? '\n' : ''}${path}\n${content ? contentText(content) : problem}\n`);
    }
    await inspector.close();
    return unread > 0 ? exitCode.someUnread : exitCode.allRead;
  });
}
