import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engines, startDemoServers, startGateway } from '../support/start-gateway.ts';

for (const engine of engines) {
  test(`what requires a field of a failed upstream is lost, what needs only the key is not (${engine} engine)`, async (t) => {
    const demo = await startDemoServers();
    t.after(demo.close);
    const gateway = await startGateway({ env: demo.env, gateway: { engine } });
    t.after(gateway.close);
    const query = '{ order(id: 1) { lines { product { inStock shippingEstimate } } } }';
    const whole = await gateway.query(query);
    await demo.servers.products.close();
    const { data, errors } = await gateway.query(query);
    const lines = (answer: typeof data) =>
      (answer as { order: { lines: { product: { inStock: boolean; shippingEstimate: number | null } }[] } }).order
        .lines;
    assert.deepEqual(
      lines(data).map(({ product }) => product),
      lines(whole.data).map(({ product }) => ({ ...product, shippingEstimate: null })),
    );
    // Delegation asks for no field whose requirements it has not, and says nothing of it.
    assert.equal(errors.length > 0, engine === 'compiled');
    for (const { path, extensions } of errors) {
      assert.equal(path?.at(-1), 'shippingEstimate');
      assert.equal(extensions['upstream'], 'products');
    }
  });
}
