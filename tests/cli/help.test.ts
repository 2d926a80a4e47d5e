/** What the command line says of itself, and what it says where it was not understood. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cytodrop } from './fixtures.ts';

/** Every option of each command; a new one is to be written here too. */
const options: Record<string, string[]> = {
  classify: [
    'model', 'format', 'output', 'engine', 'jobs', 'manifest', 'null', 'shard', 'resume', 'log', 'max-error', 'image-scale', 'threads', 'numbers', 'turns', 'types', 'explain', 'second', 'detect', 'pixel-size', 'page', 'channel', 'series', 'z', 't', 'projection', 'level', 'region', 'method', 'min-diameter', 'max-diameter',
    'sensitivity', 'detector', 'geojson', 'rois', 'count', 'square-mm', 'depth-mm', 'dilution', 'help',
  ],
  check: ['engine', 'jobs', 'output', 'model', 'second', 'detector', 'help'],
  inspect: ['format', 'output', 'help'],
  summarise: ['format', 'merge', 'output', 'help'],
  teach: ['types', 'start', 'group', 'out', 'name', 'title', 'author', 'data', 'format', 'jobs', 'help'],
};

describe('help', () => {
  test('lists the commands, each with what it does', async () => {
    const { code, stdout } = await cytodrop('--help');
    assert.equal(code, 0);
    for (const command of Object.keys(options)) assert.match(stdout, new RegExp(`^  ${command} .*  \\w{4,}`, 'm'), command);
  });

  for (const [command, names] of Object.entries(options)) {
    test(`of ${command} names each of its options and no other`, async () => {
      for (const words of [[command, '--help'], ['help', command]]) {
        const { code, stdout } = await cytodrop(...words);
        assert.equal(code, 0);
        const said = [...stdout.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name]) => name);
        assert.deepEqual(said.sort(), [...names].sort());
        // A word for each: nothing is listed and left unsaid.
        for (const [, rest] of stdout.matchAll(/^ {2}(?:-\w, )?--[a-z-]+(?: <[a-z]+>)?(.*)$/gm)) assert.match(rest ?? '', /\w{2,}/);
      }
    });
  }
});

describe('an option that is not the command\'s', () => {
  for (const [command, option, words] of [
    ['inspect', '--turns', /^--turns: is not an option of inspect but of classify; /], ['check', '--format', /^--format: is not an option of check but of classify; /],
    ['check', '--nothing', /^--nothing: is not an option of check; cytodrop check --help lists its own\.$/m], ['classify', '--turns=yes', /^--turns: takes no value\.$/m],
    ['classify', '--method', /^--method: expected network_round/], ['classify', '--senstivity', /^--senstivity: .*did you mean --sensitivity\?$/m],
  ] as const) {
    test(`${command} ${option}: status 64, and the words say so`, async () => {
      const { code, stdout, stderr } = await cytodrop(command, ...(command === 'classify' ? ['--model', 'blood-smear'] : []), option, 'x', 'y.png');
      assert.deepEqual([code, stdout], [64, '']);
      assert.match(stderr, words);
      assert.match(stderr, new RegExp(`\\nTry: cytodrop ${command} --help\\n$`));
    });
  }

  for (const [words, said] of [
    [['--model', 'blood-smear', 'classify', 'x.png'], '--model: stands behind its command, as in cytodrop classify --model.'], [['--nothing'], '--nothing: there is no such option; cytodrop --help lists them.'],
    [['--format', 'json', 'inspect', 'x.png'], '--format: stands behind its command, as in cytodrop inspect --format.'],
    [['clasify', 'x.png'], 'There is no command "clasify"; did you mean classify?'], [['help', 'nothing'], 'There is no command "nothing".'], [['--'], 'No command given.'],
  ] as const) {
    test(`cytodrop ${words.join(' ')}: one line and where to find help`, async () => {
      assert.deepEqual(await cytodrop(...words), { code: 64, stdout: '', stderr: `${said}\nTry: cytodrop --help\n` });
    });
  }

  test('behind -- it is a file', async () => {
    const { code, stdout } = await cytodrop('inspect', '--', '--turns');
    assert.equal(code, 2);
    assert.match(stdout, /^--turns\nThere is no such file\.\n$/);
  });
});

describe('an option whose value is missing', () => {
  for (const [option, words] of [
    ['--output', '"--turns" looks like an option; ./--turns is the file of that name.'], ['--geojson', '"--turns" looks like an option; ./--turns is the file of that name.'],
    ['--rois', '"--turns" looks like an option; ./--turns is the file of that name.'], ['--second', '"--turns" is not the name of a model.'], ['--jobs', 'expected 1 to 64, got "--turns".'],
  ] as const) {
    test(`${option} does not take the next option for it`, async () => {
      const { code, stdout, stderr } = await cytodrop('classify', '--model', 'blood-smear', '--detect', option, '--turns', 'x.png');
      assert.deepEqual([code, stdout, stderr], [64, '', `${option}: ${words}\nTry: cytodrop classify --help\n`]);
    });
  }

  test('nor is it forgotten at the end', async () => {
    assert.match((await cytodrop('inspect', 'x.png', '--output')).stderr, /^--output: its value is missing\.\n/);
  });
});
