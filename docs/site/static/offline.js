// A page that was opened from the disk may not fetch others: results of a search are shown without
// their texts there.
if (window.location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
