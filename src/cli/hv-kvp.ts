console.log('hv-kvp');
