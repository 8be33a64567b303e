/** A controller upgraded to a version whose children have other code: old guards and shares still know, mint and claim. */
import type { Cell } from '@ton/core';
import '@ton/test-utils';

import { emissionCodes, emissionEvents } from '../../wrappers/token';
import { GENERATION, nextVersion } from '../support/next-version';
import { EmissionWorld } from '../support/token/emission-world';

jest.setTimeout(300_000);
const DELAY = 9 * 86_400;

/** What is compiled anew. */
const CONTRACTS = {
    controller: ['EmissionController', 'emission-controller'],
    guard: ['UsageGuard', 'usage-guard'],
    share: ['ProviderShare', 'usage-share'],
} as const;

describe('an upgraded controller', () => {
    let world: EmissionWorld;
    let next: Record<keyof typeof CONTRACTS, Cell>;

    beforeAll(async () => {
        next = await nextVersion('token', CONTRACTS);
        world = await EmissionWorld.create();
        await world.rate('model', 1000n);
        await world.record([world.usage()]);
    });

    it('keeps its children, their nonces, their dues and its books', async () => {
        const { controller } = world;
        const { guardCode, shareCode } = await emissionCodes();
        expect(next.guard.hash()).not.toEqual(guardCode.hash());
        expect(next.share.hash()).not.toEqual(shareCode.hash());
        const guard = await controller.getGuardAddress(world.of('alice'));
        const share = await controller.getShareAddress(world.of('bob'));
        const before = [await controller.getUsageData(), await controller.getEmissionData()];

        const codeHash = BigInt(`0x${next.controller.hash().toString('hex')}`);
        await controller.sendAnnounceUpgrade(world.via('owner'), { codeHash });
        world.advance(DELAY);
        await controller.sendApplyUpgrade(world.via('stranger'), { code: next.controller });
        const provider = world.blockchain.provider(world.address);
        expect((await provider.get('get_generation', [])).stack.readBigNumber()).toBe(GENERATION);

        const after = [await controller.getUsageData(), await controller.getEmissionData()];
        expect(after[0]).toEqual({ ...before[0], windowSum: 0n });
        const {
            version,
            solvency: _s,
            minter: _m,
            ...books
        } = after[1] as Awaited<ReturnType<typeof controller.getEmissionData>>;
        expect(version).toBe(1n);
        expect(before[1]).toMatchObject(books);
        expect(await controller.getGuardAddress(world.of('alice'))).toEqualAddress(guard);
        expect(await controller.getShareAddress(world.of('bob'))).toEqualAddress(share);

        // an old nonce is known, a new one mints, and the share pays what was credited before and after
        const replay = await world.record([world.usage({ nonce: 1n })]);
        expect(emissionEvents(replay.transactions, 'UsageChecked')).toMatchObject([{ accepted: false, last: 1n }]);
        const fresh = await world.record([world.usage({ nonce: 2n }), world.usage({ consumer: world.of('carol') })]);
        expect(emissionEvents(fresh.transactions, 'UsageChecked').map((e) => e.accepted)).toEqual([true, true]);
        await world.claim(world.of('bob'));
        expect(await world.minted(world.of('bob'))).toBe(3n * 8500n);
        await world.flush();
        await world.emit();
        expect((await controller.getEmissionData()).nextEpoch).toBe(1n);
    });
});
