import type { Exposure } from '../../../core/credential.js';
import { RunbookError } from '../../../core/errors.js';
import { isSame, versionOf, type SecretValue } from '../secret-value.js';
import type { CredentialStore, StoredVersions } from '../store.js';

/** What is kept beside what consumers read, in a place of its own: they would see it in the first. */
export type Aside = Omit<StoredVersions, 'current'> & { previousRotatedAt?: string | undefined };

/** One of the two places as it was read; writing it fails with Conflict where somebody else has written it since. */
export interface Place<T> {
  value: T;
  write(value: T, options?: { rehearse?: boolean }): Promise<Place<T>>;
}

/** Both places of a credential. */
export interface Places {
  main: Place<SecretValue | undefined>;
  aside: Place<Aside>;
}

/** What was known before the current version was made is paid when nothing older is alive. */
function payExposures(exposures: readonly Exposure[], rotatedAt: string | undefined, provedAt: string): Exposure[] {
  return exposures.map((each) =>
    each.paidAt === undefined && rotatedAt !== undefined && each.at < rotatedAt ? { ...each, paidAt: provedAt } : each,
  );
}

/**
 * A store that has two places and cannot write both at once. So each change is an order of writes of which any may be the last: what is
 * kept goes first, what consumers read after it.
 */
export class TwoPlaceStore implements CredentialStore {
  constructor(
    readonly where: string,
    private readonly look: () => Promise<Places>,
    /** For places whose writes cannot be rehearsed themselves. */
    private readonly demandRights?: () => Promise<void>,
  ) {}

  async rehearse(): Promise<void> {
    if (this.demandRights) return this.demandRights();
    const { main, aside } = await this.look();
    await main.write(main.value, { rehearse: true });
    await aside.write(aside.value, { rehearse: true });
  }

  async read(): Promise<StoredVersions> {
    const { main, aside } = await this.look();
    const { previousRotatedAt: _, ...kept } = aside.value;
    return { ...kept, ...(main.value && { current: main.value }) };
  }

  async stage(candidate: SecretValue, run: string): Promise<void> {
    const { aside } = await this.look();
    await aside.write({ ...aside.value, pending: { ...versionOf(candidate), run } });
  }

  async publish(run: string, at: string, keep: 'current' | 'previous'): Promise<void> {
    const { main, aside } = await this.look();
    const { pending, previous, publishedBy, rotatedAt } = aside.value;
    if (pending?.run !== run) {
      if (pending === undefined && publishedBy === run) return;
      const found = pending ? 'that of another one' : 'none';
      throw new RunbookError('Refused', `${this.where}: expected the candidate of this run, found ${found}`);
    }
    let place = aside;
    if (!isSame(main.value, pending)) {
      const before = keep === 'current' ? main.value : previous;
      place = await aside.write({
        ...aside.value,
        ...(before && { previous: before }),
        previousRotatedAt: rotatedAt,
      });
      await main.write(versionOf(pending));
    }
    const { pending: _, provedAt: __, ...rest } = place.value;
    await place.write({ ...rest, publishedBy: run, rotatedAt: at });
  }

  async pointBack(run: string): Promise<void> {
    const { main, aside } = await this.look();
    const { previous, pending, publishedBy, previousRotatedAt, ...kept } = aside.value;
    const own = pending?.run === run ? pending : undefined;
    // Also when a write of this was the last one: then what was before is current already, or its place was never taken.
    const begun =
      publishedBy === run || (own !== undefined && (isSame(main.value, own) || isSame(main.value, previous)));
    const candidate = own ?? main.value;
    if (!begun || candidate === undefined || previous === undefined) return;
    const pendingAgain = { ...versionOf(candidate), run };
    // The candidate stays known until it is useless.
    const place = await aside.write({ ...aside.value, pending: pendingAgain });
    await main.write(previous);
    const { rotatedAt: _, provedAt: __, ...rest } = kept;
    await place.write({
      ...rest,
      pending: pendingAgain,
      ...(previousRotatedAt !== undefined && { rotatedAt: previousRotatedAt }),
    });
  }

  async discard(run: string): Promise<void> {
    const { aside } = await this.look();
    const { pending, ...rest } = aside.value;
    if (pending?.run === run) await aside.write(rest);
  }

  async forget(at: string): Promise<void> {
    const { aside } = await this.look();
    const { previous: _, previousRotatedAt: __, ...rest } = aside.value;
    const { exposures } = rest;
    const paid = exposures && { exposures: payExposures(exposures, rest.rotatedAt, at) };
    await aside.write({ ...rest, ...paid, provedAt: at });
  }

  async expose(person: string | undefined, at: string): Promise<void> {
    const { aside } = await this.look();
    const { exposures = [], rotatedAt, provedAt } = aside.value;
    if (exposures.some((each) => each.person === person && each.at === at)) return;
    const others = exposures.filter((each) => each.person !== person);
    const added = [{ ...(person !== undefined && { person }), at }];
    const own = provedAt === undefined ? added : payExposures(added, rotatedAt, provedAt);
    await aside.write({ ...aside.value, exposures: [...others, ...own] });
  }
}
