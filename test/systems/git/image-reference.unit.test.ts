import { expect, test } from '@jest/globals';
import { namesImage, replaceImage } from '../../../systems/git/image-reference.js';

const web = 'registry.local:5000/shop/web:1.5.0';
const older = 'registry.local:5000/shop/web:1.4.0';
const digest = `registry.local:5000/shop/web@sha256:${'a'.repeat(64)}`;
const olderDigest = `registry.local:5000/shop/web@sha256:${'b'.repeat(64)}`;

const helm = (tag: string) => `image:\n  repository: registry.local:5000/shop/web\n  tag: ${tag} # by CI\nport: 80\n`;
const kustomize = (key: string, version: string) =>
  `images:\n  - name: web\n    newName: registry.local:5000/shop/web\n    ${key}: ${version}\n`;

test.each([
  ['written out', `image: ${web}\n`, `image: ${older}\n`],
  ['in quotes', `{"image":"${web}"}`, `{"image":"${older}"}`],
  ['in several places', `- ${web}\n- '${web}'\r\n`, `- ${older}\n- '${older}'\r\n`],
  ['in values of Helm', helm('1.5.0'), helm('1.4.0')],
  ['in values of Helm, in quotes', helm('"1.5.0"'), helm('"1.4.0"')],
  ['in a kustomization', kustomize('newTag', '1.5.0'), kustomize('newTag', '1.4.0')],
  ['in lines that end in CR LF', helm('1.5.0').replaceAll('\n', '\r\n'), helm('1.4.0').replaceAll('\n', '\r\n')],
])('an image %s is found, and replaced with no other byte changed', (_, text, replaced) => {
  expect(namesImage(text, web)).toBe(true);
  expect(namesImage(text, older)).toBe(false);
  expect(replaceImage(text, web, older)).toBe(replaced);
});

test('a digest is replaced by a digest, and never by a tag', () => {
  const text = kustomize('digest', `sha256:${'a'.repeat(64)}`);

  expect(replaceImage(text, digest, olderDigest)).toBe(kustomize('digest', `sha256:${'b'.repeat(64)}`));
  expect(replaceImage(text, digest, older)).toBeUndefined();
  expect(replaceImage(`image: ${digest}`, digest, older)).toBe(`image: ${older}`);
});

test.each([
  ['a longer tag', `image: ${web}-rc1`],
  ['a tag with a digest', `image: ${web}@sha256:${'a'.repeat(64)}`],
  ['a repository that is longer in front', `image: mirror.local/${web}`],
  ['a tag without its repository', 'image:\n  tag: 1.5.0\n'],
  ['a tag that is longer', helm('1.5.0-rc1')],
  ['another key', helm('1.5.0').replace('tag:', 'appVersion:')],
])('%s is another image', (_, text) => {
  expect(namesImage(text, web)).toBe(false);
  expect(replaceImage(text, web, older)).toBeUndefined();
});

test('where two lines give that version, it is not guessed whose they are', () => {
  expect(replaceImage(`${helm('1.5.0')}sidecar:\n  tag: 1.5.0\n`, web, older)).toBeUndefined();
});
