const { openDatabase, subpaths } = require('./package-under-test.cjs');
const { tell } = require('./tell.cjs');

const load = Object.fromEntries(subpaths.map((name) => [name, require(name)]));
const database = openDatabase();
tell(load, database && load['ringlatch/sqlite'].sqliteStorage(database)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
