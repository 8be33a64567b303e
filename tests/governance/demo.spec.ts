/** `npm run demo:governance`, as far as its end: a rate that was voted on, and a grant that pays. */
import { toNano } from '@ton/core';

import { demoGovernance } from '../../scripts/demoGovernance';

it('goes from two proposals to a new rate and a grant that was claimed', async () => {
    const lines: string[] = [];
    const { rate, claimed, reserved } = await demoGovernance((line) => lines.push(line));
    expect(rate).toBe(1000n);
    // 25 of 100 days, and a little more.
    expect(claimed).toBeGreaterThanOrEqual(toNano('25'));
    expect(claimed).toBeLessThan(toNano('26'));
    expect(claimed + reserved).toBe(toNano('100'));
    expect(lines.join('\n')).toContain('claims for the grantee');
}, 120_000);
