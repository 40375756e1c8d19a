const { subpaths } = require('./package-under-test.cjs');
const { tell } = require('./tell.cjs');

test('the package works in Jest without a flag', async () => {
  const load = Object.fromEntries(subpaths.map((name) => [name, require(name)]));
  await tell(load);
});
