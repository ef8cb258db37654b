/** Base64 of a value that begins anywhere in what was encoded, without the characters at both ends that also tell of its neighbours. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    const [before, after] = [[0, 2, 3][offset], [0, 3, 2][bytes.length % 3]] as [number, number];
    const text = bytes.toString('base64');
    return text.slice(before, text.length - after);
  });
}

/** How a value looks where it has leaked: as it is, in base64 wherever it begins, in a URL, in JSON. */
export function formsOf(value: string): string[] {
  const inUrls = [encodeURIComponent(value), new URLSearchParams({ '': value }).toString().slice(1), encodeURI(value)];
  const inBase64 = base64Forms(value).flatMap((each) => [each, each.replaceAll('+', '-').replaceAll('/', '_')]);
  return [...new Set([value, JSON.stringify(value).slice(1, -1), ...inUrls, ...inBase64])];
}

/** Names each value that stands in a place in any of its forms: "NAME in PLACE". */
export function findLeaks(
  values: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string | Buffer>>,
): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const forms = formsOf(value);
    return Object.entries(places)
      .filter(([, content]) => forms.some((form) => content.includes(form)))
      .map(([place]) => `${name} in ${place}`);
  });
}
