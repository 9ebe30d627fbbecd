-- Artists with the size of their catalogue.
--
-- @param q text max_length=120 -- part of the name
-- @shape page size=50 max=500
SELECT ArtistId AS id, Name AS name,
       (SELECT count(*) FROM Album WHERE Album.ArtistId = Artist.ArtistId) AS album_count,
       (SELECT count(*) FROM Album JOIN Track ON Track.AlbumId = Album.AlbumId
        WHERE Album.ArtistId = Artist.ArtistId) AS track_count
FROM Artist
WHERE :q IS NULL OR instr(lower(Name), lower(:q)) > 0
ORDER BY Name, ArtistId
