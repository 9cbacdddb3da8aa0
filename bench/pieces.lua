-- The text of a request in pieces, to be put together around what differs from request to request. Formatting each anew
-- costs the load as much as sending it, on cores that it shares with what it measures.
-- A place is six signs long, as are the numbers that stand in bodies, whose length the text has already.
return function(text)
  local out = {}
  for piece in (text .. "@@@@@@"):gmatch("(.-)@@@@@@") do
    out[#out + 1] = piece
  end
  return out
end
