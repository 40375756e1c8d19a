// A plain script, not a module: it runs before the first paint, so that the page never turns around before the reader's eyes.
{
  const wanted = new URLSearchParams(location.search).get('lang') ?? navigator.language;
  const isPersian = /^fa\b/i.test(wanted);
  document.documentElement.lang = isPersian ? 'fa' : 'en';
  document.documentElement.dir = isPersian ? 'rtl' : 'ltr';
}
